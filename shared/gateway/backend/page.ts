import type { HttpRequestRule } from '../../dataplane/models.ts'
import { quoteLiteralFormat, quoteWord } from '../../haproxy-text/index.ts'

export interface Page {
  status: number
  title: string
  text: string
  headers?: Record<string, string>
}

/** An answer of HAProxy's own, which looks like those in `haproxy.cfg`. */
export function answerPage({ status, title, text, headers = {} }: Page): HttpRequestRule {
  const all = { 'Cache-Control': 'no-store', ...headers }
  return {
    type: 'return',
    return_status_code: status,
    return_content_type: quoteWord('text/html; charset=utf-8'),
    return_content_format: 'string',
    return_content: quoteWord(pageOf({ status, title, text })),
    return_hdrs: Object.entries(all).map(([name, value]) => ({ name, fmt: quoteLiteralFormat(value) })),
  }
}

const pageOf = ({ status, title, text }: Page) =>
  `<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>${status}</title><body style='font:1.1rem/1.6 system-ui;max-width:36rem;margin:20vh auto;padding:0 1.5rem'><h1>${title}</h1><p>${text} (${status})</p></html>`
