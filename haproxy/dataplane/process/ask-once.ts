import { connect } from 'node:net'
import { ConnectionLost } from './dialogue.ts'

/** One command on a connection of its own. */
export function askOnce(path: string, command: string, { timeoutMs = 10_000 } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: string[] = []
    const socket = connect(path)
    socket.setEncoding('utf8')
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no answer in time')))
    socket.on('data', (chunk) => chunks.push(String(chunk)))
    socket.on('error', (cause) => reject(new ConnectionLost(cause)))
    socket.on('close', () => resolve(chunks.join('').trimEnd()))
    // The master answers what came before the end of our side, and then closes its own.
    socket.end(`${command}\n`)
  })
}
