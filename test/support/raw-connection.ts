import { once } from 'node:events'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'

/** One connection that is kept for sure: requests after each other, the status of each answer. */
export interface RawConnection {
  get(host: string): Promise<number>
  isOpen(): boolean
}

export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  let heard = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    heard += chunk
    const whole = wholeAnswer(heard)
    if (!whole) return
    heard = heard.slice(whole.length)
    socket.emit('answer', whole.status)
  })
  const cut = once(socket, 'close').then(() => {
    throw new Error('the connection was cut before the answer')
  })
  cut.catch(() => undefined)
  return {
    async get(host) {
      const answer = once(socket, 'answer')
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      const [status] = await Promise.race([answer, cut])
      return Number(status)
    },
    isOpen: () => !socket.destroyed,
  }
}

/** Its length says Content-Length, or the last piece. */
function wholeAnswer(text: string): { status: number; length: number } | null {
  const head = text.indexOf('\r\n\r\n') + 4
  if (head < 4) return null
  const status = Number(text.slice(9, 12))
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, head))?.[1]
  if (length !== undefined)
    return text.length >= head + Number(length) ? { status, length: head + Number(length) } : null
  const end = text.indexOf('\r\n0\r\n\r\n', head - 2)
  return end < 0 ? null : { status, length: end + 7 }
}
