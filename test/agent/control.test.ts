import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { askDaemon, serveControl } from '../../agent/daemon/control.ts'
import { newFolder } from '../support/folder.ts'

it('what nobody can be asked is refused, whatever it is called, and the daemon stays', async () => {
  const socket = join(newFolder(), 'agent.sock')
  const fails = () => {
    throw new Error('it cannot be told')
  }
  const control = await serveControl(socket, { status: () => ({ pid: 1 }), fails })
  onTestFinished(() => control.close())
  for (const what of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'status%00', '/'])
    await expect(askDaemon(socket, what), what).rejects.toThrow('unknown')
  await expect(askDaemon(socket, 'fails')).rejects.toThrow('it cannot be told')
  expect(await askDaemon(socket, 'status')).toEqual({ pid: 1 })
})
