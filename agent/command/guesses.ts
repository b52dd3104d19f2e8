import { once } from 'node:events'
import { connect } from 'node:net'
import { hostname } from 'node:os'
import { AgentId } from '../../shared/domain/agent.ts'
import { bareHost } from '../../shared/lib/bare-host.ts'

const TIMEOUT_MS = 5_000

/** The machine's own name, where it can be one. */
export function guessAgentId(): string | undefined {
  const [label = ''] = hostname().toLowerCase().split('.')
  return AgentId.safeParse(label).data
}

/** The address that this machine has on the way to the front. Behind a router the front may know it by another. */
export async function guessAddress(front: { url: string; address: string | undefined }): Promise<string | undefined> {
  const { hostname: name, port, protocol } = new URL(front.url)
  const socket = connect({
    host: front.address ?? bareHost(name),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  try {
    await once(socket, 'connect')
    return socket.localAddress?.replace(/^::ffff:/, '')
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}
