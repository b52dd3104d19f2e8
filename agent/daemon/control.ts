import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import { relative } from 'node:path'
import { text } from 'node:stream/consumers'

/** The kernel takes no longer name of a socket. */
const LONGEST_PATH_BYTES = 103

/** The daemon was asked, and could not do it; or it cannot be asked there. */
export class DaemonError extends Error {}

/** What the daemon can be asked by the commands of this machine: `what/about`, each with its answer in JSON. */
export type Requests = Record<string, (signal: AbortSignal, about: string) => Promise<unknown> | unknown>

/** Answers on a socket that its owner alone can open. */
export async function serveControl(path: string, requests: Requests): Promise<{ close(): Promise<void> }> {
  const socket = shortest(path)
  await rm(socket, { force: true })
  const server = createServer((incoming, outgoing) => {
    const gone = new AbortController()
    outgoing.on('close', () => gone.abort())
    answerTo(incoming.url ?? '', requests, gone.signal)
      .then(
        (document) => ({ ok: document !== undefined, document }),
        (error) => ({ ok: false, document: { error: error instanceof Error ? error.message : String(error) } }),
      )
      .then(({ ok, document }) =>
        outgoing.writeHead(ok ? 200 : 500).end(JSON.stringify(document ?? { error: 'unknown' })),
      )
      .catch(() => outgoing.destroy())
  })
  await listen(server, socket)
  await chmod(socket, 0o600)
  return {
    async close() {
      server.closeAllConnections()
      server.close()
      await rm(socket, { force: true })
    },
  }
}

/** Own names alone: each object answers to `toString`, too. `undefined`: that cannot be asked. */
async function answerTo(url: string, requests: Requests, gone: AbortSignal): Promise<unknown> {
  const [what = '', about = ''] = url.slice(1).split('/')
  return Object.hasOwn(requests, what) ? requests[what]?.(gone, about) : undefined
}

async function listen(server: Server, socket: string): Promise<void> {
  // Nobody may come in between the two.
  const before = process.umask(0o177)
  try {
    server.listen(socket)
    await once(server, 'listening')
  } finally {
    process.umask(before)
  }
}

/** Asks the daemon; `null`: none runs. */
export async function askDaemon<T>(path: string, what: string, signal?: AbortSignal): Promise<T | null> {
  const outgoing = request({ socketPath: shortest(path), path: `/${what}`, ...(signal && { signal }) })
  outgoing.end()
  try {
    const [incoming] = await once(outgoing, 'response')
    const answer = JSON.parse(await text(incoming))
    if (incoming.statusCode === 200) return answer as T
    throw new DaemonError(answer.error)
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

/** A deep folder's socket can be reached by a short way from where the command runs. */
function shortest(path: string): string {
  const near = relative(process.cwd(), path)
  const short = near.length < path.length ? near : path
  if (Buffer.byteLength(short) <= LONGEST_PATH_BYTES) return short
  throw new DaemonError(`${path} is too long for a socket: set "folder" in agent.yaml to one with a shorter path`)
}
