import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openRing } from '../../haproxy/dataplane/process/read-ring.ts'
import { newFolder } from '../support/folder.ts'

/** A worker whose ring stays empty; and what somebody does while it answers. */
async function idleWorker(meanwhile: () => void) {
  const path = join(newFolder(), 'worker.sock')
  let waiting = 0
  const answer = (socket: Socket, command: string) => {
    if (command.endsWith('-w -n')) {
      waiting += 1
      return
    }
    if (command === 'show events ring') meanwhile()
    socket.write(command === 'show info' ? 'Pid: 7\n\n> ' : '\n> ')
  }
  const server = createServer((socket) => {
    socket.setEncoding('utf8').on('data', (text) => {
      for (const command of String(text).split('\n').filter(Boolean)) answer(socket, command)
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => void server.close())
  return { path, waits: () => waiting }
}

it('waits for no line any more once it was told to finish, also while it was asking', async () => {
  const { path, waits } = await idleWorker(() => reading.finish())
  const reading = await openRing(path, 'ring')
  await reading.read({ line: () => undefined, missed: () => undefined }, '')
  expect(waits()).toBe(0)
})
