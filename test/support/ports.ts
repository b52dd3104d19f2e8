import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below what the kernel gives to outgoing connections: there a port is taken again between asking and listening. */
const LOWEST = 11_000
const COUNT = 21_000

/** A port that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0] as number
}

/** Ports that nobody listens on. All are held until all are known, so that none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, holdOne))
  await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))))
  return held.map(({ port }) => port)
}

async function holdOne(): Promise<{ server: Server; port: number }> {
  const port = LOWEST + Math.floor(Math.random() * COUNT)
  const server = createServer().listen(port, '127.0.0.1')
  return once(server, 'listening').then(
    () => ({ server, port }),
    () => holdOne(),
  )
}
