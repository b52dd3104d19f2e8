import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Keeps routes in a map and answers for them itself: what the machine and the measuring cost by themselves. */
const hosts = new Set<string>()

const api = createServer(async (request, response) => {
  const { subdomain, remove = [] } = await bodyOf(request)
  if (subdomain) hosts.add(subdomain)
  for (const each of remove) hosts.delete(each.subdomain)
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}')
})

const sites = createServer((request, response) => {
  const [subdomain = ''] = request.headers.host?.split('.') ?? []
  response.writeHead(hosts.has(subdomain) ? 200 : 404).end()
})

async function bodyOf(request: IncomingMessage): Promise<{ subdomain?: string; remove?: { subdomain: string }[] }> {
  let text = ''
  for await (const chunk of request) text += chunk
  return JSON.parse(text)
}

api.listen(0, '127.0.0.1', () =>
  sites.listen(0, '127.0.0.1', () =>
    process.send?.({ apiPort: (api.address() as AddressInfo).port, httpPort: (sites.address() as AddressInfo).port }),
  ),
)
