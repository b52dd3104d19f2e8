import type { Socket } from 'node:net'
import type { Question } from './exchange.ts'

/** Writes a request; gives what to call when nothing more of it is to be sent, which says whether all of it was. */
export function sendQuestion(socket: Socket, question: Question): () => boolean {
  const { body, bodyLength } = question
  if (!body) {
    socket.write(headOf(question), 'latin1')
    return isWhole
  }
  // What has come together goes on together.
  socket.cork()
  process.nextTick(() => socket.uncork())
  socket.write(headOf(question), 'latin1')
  const isChunked = bodyLength === null
  let isSent = false

  body.to({
    data(chunk) {
      if (isChunked) {
        socket.cork()
        socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
        socket.write(chunk)
      }
      const hasRoom = socket.write(isChunked ? '\r\n' : chunk)
      if (isChunked) socket.uncork()
      if (!hasRoom) body.pause()
    },
    end(trailers) {
      isSent = true
      if (isChunked) socket.write(`0\r\n${trailers}\r\n`, 'latin1')
    },
  })
  const resume = () => body.resume()
  socket.on('drain', resume)

  return () => {
    body.to(null)
    socket.off('drain', resume)
    // Whoever still sends is let finish, and nobody listens.
    if (!isSent) body.resume()
    return isSent
  }
}

const isWhole = () => true

/** All of it was parsed: no name and no value has a line break, and the path has nothing that ends it. */
function headOf({ method, path, lines, body, bodyLength, upgrade }: Question): string {
  const framing = body !== null && bodyLength === null ? 'Transfer-Encoding: chunked\r\n' : ''
  const connection = upgrade === null ? '' : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`
  return `${method} ${path} HTTP/1.1\r\n${lines}${framing}${connection}\r\n`
}
