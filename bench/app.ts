import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Contestant, compare, print } from './measure.ts'

const CONNECTIONS = 32
const REQUESTS_A_ROUND = 8_000
const REQUEST = 'GET /api/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n'

/** The whole app over a socket, with its access log, beside a bare Hono handler that answers the same. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const log = openSync(join(folder, 'access.log'), 'a')
  const servers = await Promise.all([serve('bare', log), serve('app', log)])
  try {
    const contestants = await Promise.all(
      servers.map(async ({ port }, i): Promise<Contestant> => {
        const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)))
        return { name: i === 0 ? 'a bare Hono handler' : 'the app, access log on', round: () => round(sockets) }
      }),
    )
    print(`${CONNECTIONS} connections, one request after the other on each`, await compare(contestants))
  } finally {
    for (const { child } of servers) child.kill('SIGKILL')
    closeSync(log)
    rmSync(folder, { recursive: true })
  }
}

/** A process of its own, so that each has the same to itself. */
async function serve(kind: 'bare' | 'app', log: number): Promise<{ child: ChildProcess; port: number }> {
  // Its log goes to a file: a pipe would make this process work for the log too.
  const child = spawn('node', ['bench/app-server.ts', kind], { stdio: ['ignore', log, 'inherit', 'ipc'] })
  const [port] = await once(child, 'message')
  return { child, port }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

async function round(sockets: Socket[]): Promise<number> {
  const startMs = performance.now()
  await Promise.all(sockets.map((socket) => ask(socket, REQUESTS_A_ROUND / sockets.length)))
  return ((performance.now() - startMs) * 1_000) / REQUESTS_A_ROUND
}

/** Answers are short enough to come in one piece. */
function ask(socket: Socket, times: number): Promise<void> {
  return new Promise((resolve) => {
    let left = times
    const next = () => {
      if (left-- > 0) return void socket.write(REQUEST)
      socket.off('data', next)
      resolve()
    }
    socket.on('data', next)
    next()
  })
}
