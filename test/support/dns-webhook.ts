import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export interface Told {
  action: 'set' | 'remove'
  name: string
  value: string
}

/** What somebody would write to change their zone: it looks at the signature, and does as it is told. */
export async function startDnsWebhook(secret: string, act: (told: Told) => Promise<void>): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const [, at, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers['x-front-signature'])) ?? []
    const isOurs = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex') === mac
    if (isOurs) await act(JSON.parse(body))
    response.writeHead(isOurs ? 204 : 403).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns`
}
