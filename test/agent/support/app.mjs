// An app as a customer's: it listens where it is told, and says which version it is.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'

const say = (line) => process.stdout.write(`${line}\n`)
const { PORT, HOST, VERSION = '1', HEALTH = '200', STUBBORN, HASTY, CHILD, ANSWER_MS = '0' } = process.env

const server = createServer((request, response) => {
  if (request.url === '/health') return response.writeHead(Number(HEALTH)).end()
  if (request.url === '/crash') process.exit(3)
  setTimeout(() => response.end(VERSION), Number(ANSWER_MS))
})
if (CHILD)
  spawn(process.execPath, [import.meta.filename, process.argv[2]], {
    detached: true,
    env: { ...process.env, CHILD: '', PORT: '0' },
  })
server.listen(Number(PORT), HOST, () => say(`version ${VERSION} listens`))
process.on('SIGTERM', () => {
  if (STUBBORN) return say('does not want to end')
  const end = () => {
    say(`version ${VERSION} has ended well`)
    process.exit(0)
  }
  // Some break off whatever they are about.
  if (HASTY) end()
  else server.close(end)
})
