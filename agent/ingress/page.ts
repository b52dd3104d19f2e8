import { STATUS_CODES } from 'node:http'
import type { Reply } from './exchange.ts'

const PAGES = {
  400: ['This request is not understood', 'Its address or its headers are not spelled as they should be.'],
  404: ['There is nothing at this address', 'The agent of this machine has no app of this name: see its agent.yaml.'],
  501: ['This app speaks HTTP/2 alone', 'A connection cannot go over to another protocol with it.'],
  502: ['This broke off', 'The agent works, but the app gave no proper answer, or does not listen.'],
  503: ['This is not running at the moment', 'The agent works, but the app does not run. Try again in a minute.'],
  504: ['This takes too long', 'The agent works, but the app did not answer in time.'],
} satisfies Record<number, [string, string]>

export type PageStatus = keyof typeof PAGES

/** An answer of the ingress's own, which looks like those of the front. Where an answer has begun, it breaks off. */
export function answerPage(reply: Reply, status: PageStatus): void {
  if (reply.hasBegun()) {
    reply.breakOff()
    return
  }
  const body = Buffer.from(pageOf(status))
  const length = String(body.length)
  const again = status === 503 ? 'Retry-After: 30\r\n' : ''
  const lines = `Content-Type: text/html; charset=utf-8\r\nContent-Length: ${length}\r\nCache-Control: no-store\r\n${again}`
  reply.head(status, STATUS_CODES[status] ?? '', lines, { length })
  reply.end(body, '')
}

function pageOf(status: PageStatus): string {
  const [title, text] = PAGES[status]
  return `<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>${status}</title><body style='font:1.1rem/1.6 system-ui;max-width:36rem;margin:20vh auto;padding:0 1.5rem'><h1>${title}</h1><p>${text} (${status})</p></html>`
}
