import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A port that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0] as number
}

/** Ports that nobody listens on. All are held until all are known, so that none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
