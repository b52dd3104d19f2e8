import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AccessLog } from '../../shared/access-log/access-log.ts'
import { StartError } from './start-error.ts'

/** Takes the log that HAProxies elsewhere send by UDP, one line a packet. Gives back what ends it. */
export async function listenForLog(place: string | undefined, accessLog: AccessLog): Promise<() => void> {
  if (place === undefined) return () => undefined
  const [address = '', port = ''] = place.split(':')
  const socket = createSocket('udp4')
  socket.on('message', (packet, { address: node }) => accessLog.take(packet.toString('utf8').trimEnd(), node))
  try {
    socket.bind(Number(port), address)
    await once(socket, 'listening')
  } catch (cause) {
    throw new StartError(`LOG_LISTEN ${place} cannot be listened at: set it to a free port of this machine`, cause)
  }
  socket.on('error', () => undefined)
  return () => void socket.close()
}
