import { connect } from 'node:net'

/**
 * Readers of events in a process of their own: `node bench/event-readers.ts PORT`. It is sent a token for each reader,
 * says when all of them read, and tells what they have read whenever it is asked.
 */
const port = Number(process.argv[2])
const counts = { events: 0, bytes: 0, ended: 0 }

process.on('message', (asked: string[] | 'count') => {
  if (asked === 'count') process.send?.(counts)
  else void openAll(asked).then(() => process.send?.('reading'))
})

async function openAll(tokens: string[]): Promise<void> {
  for (let from = 0; from < tokens.length; from += 50) await Promise.all(tokens.slice(from, from + 50).map(open))
}

/** As little work as can be: it has the same two cores. */
function open(token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.write(`GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    socket.on('error', reject)
    socket.on('close', () => counts.ended++)
    socket.on('data', (chunk) => {
      resolve()
      counts.bytes += chunk.length
      for (let at = chunk.indexOf('\nevent: '); at >= 0; at = chunk.indexOf('\nevent: ', at + 8)) counts.events++
    })
  })
}
