import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createIngress } from '../../agent/ingress/ingress.ts'
import { createLog } from '../../shared/log/log.ts'

/** One of the two servers that `bench/ingress.ts` needs, in a process of its own; says its port to its parent, and what it used. */
const tell = (figure: number) => void process.send?.(figure)

process.on('message', (asked) => {
  const { user, system } = process.cpuUsage()
  if (asked === 'used') tell(user + system)
})

/** A page of a shop, about 6 kB: two hundred rows put together for each request. */
function page(): string {
  const rows = Array.from({ length: 200 }, (_, i) => ({ id: i, name: `item ${i}`, price: i * 1.25 }))
  return JSON.stringify(rows)
}

function startApp(): void {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    if (request.url !== '/page') return response.end('hello world\n')
    return response.setHeader('content-type', 'application/json').end(page())
  })
  server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port))
}

interface Order {
  appPort: number
  hosts: string[]
  certificate: { ca: string; cert: string; key: string }
}

async function startIngress({ appPort, hosts, certificate }: Order): Promise<void> {
  const ingress = createIngress({ port: 0, host: '127.0.0.1', log: createLog({ write: () => undefined }) })
  const upstream = { host: '127.0.0.1', port: appPort, tls: false, protocol: 'http1' as const }
  ingress.present(certificate)
  ingress.route(hosts.map((host) => ({ type: 'http', host, pathPrefix: null, upstream })))
  await ingress.start()
  while (!ingress.report.listening) await new Promise(setImmediate)
  tell(ingress.report.port)
}

if (process.argv[2] === 'app') startApp()
else process.once('message', (order: Order) => void startIngress(order))
