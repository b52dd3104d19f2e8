import type { Socket } from 'node:net'
import type { Question } from './exchange.ts'

/** Writes a request; gives what to call when nothing more of it is to be sent, which says whether all of it was. */
export function sendQuestion(socket: Socket, question: Question): () => boolean {
  const { body, bodyLength } = question
  socket.write(headOf(question), 'latin1')
  if (!body) return () => true
  const isChunked = bodyLength === null
  let isSent = false

  const data = (chunk: Buffer) => {
    if (isChunked) {
      socket.cork()
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
      socket.write(chunk)
    }
    const hasRoom = socket.write(isChunked ? '\r\n' : chunk)
    if (isChunked) socket.uncork()
    if (!hasRoom) body.pause()
  }
  const end = () => {
    if (!question.isWhole()) return void socket.destroy()
    isSent = true
    if (isChunked) socket.write(`0\r\n${linesOf(question.trailers())}\r\n`, 'latin1')
  }
  const resume = () => body.resume()
  body.on('data', data)
  body.on('end', end)
  socket.on('drain', resume)

  return () => {
    body.off('data', data)
    body.off('end', end)
    socket.off('drain', resume)
    // Whoever still sends is let finish, and nobody listens.
    if (!isSent) body.resume()
    return isSent
  }
}

/** All of it was parsed: no name and no value has a line break, and the path has nothing that ends it. */
function headOf({ method, path, host, headers, body, bodyLength, upgrade }: Question): string {
  const framing = body === null ? '' : bodyLength === null ? 'Transfer-Encoding: chunked\r\n' : ''
  const connection = upgrade === null ? '' : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${linesOf(headers)}${framing}${connection}\r\n`
}

function linesOf(headers: string[]): string {
  let lines = ''
  for (let i = 0; i + 1 < headers.length; i += 2) lines += `${headers[i]}: ${headers[i + 1]}\r\n`
  return lines
}
