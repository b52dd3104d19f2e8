import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { askDaemon, serveControl } from '../../agent/daemon/control.ts'
import { runAgent } from '../support/agent.ts'
import { newFolder } from '../support/folder.ts'

it('what the daemon cannot do is said by the command in its words, as is a file that cannot be read', async () => {
  const cwd = newFolder()
  const fails = () => Promise.reject(new Error('the front is away'))
  mkdirSync(join(cwd, '.cloudlunacy'))
  const control = await serveControl(join(cwd, '.cloudlunacy/agent.sock'), { renew: fails })
  onTestFinished(() => control.close())
  writeFileSync(join(cwd, 'agent.yaml'), 'agent: vps-1\nfront: https://front.test\naddress: 192.0.2.1\n')
  mkdirSync(join(cwd, 'folder.yaml'))
  const [renewing, reading] = await Promise.all([
    runAgent(['certs', 'renew'], { cwd }),
    runAgent(['certs', 'renew', '--config', 'folder.yaml'], { cwd }),
  ])
  expect(renewing).toEqual({ code: 1, output: '', errors: 'the front is away\n' })
  expect(reading).toMatchObject({
    code: 1,
    output: '',
    errors: expect.stringMatching(/^.*cannot be used .*: it is a folder\n$/),
  })
})

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
