import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { answersAt, untilAnswer, untilSettled } from '../support/backend-answers.ts'
import { newFolder } from '../support/folder.ts'
import { startRoutedFront } from '../support/routed-front.ts'
import { startSwitchables } from '../support/switchable-target.ts'

const HOST = 'www.example.com'

/** The file of the README, leading to these ports instead. */
function readmeFile(ports: Record<string, string>): string {
  const readme = readFileSync('README.md', 'utf8')
  const [, yaml = ''] = /## Backends from anywhere[\s\S]*?```yaml\n([\s\S]*?)```/.exec(readme) ?? []
  return yaml.replaceAll(/port: (\d+)/g, (_, port: string) => `port: ${ports[port]}`)
}

interface Provider {
  name: string
  state: string
  backends: number
  conflicts: number
}

it('serves what the README’s file says, and what it is changed to', async () => {
  const targets = await startSwitchables('one', 'two', 'api', 'late')
  const [one, two, api, late] = targets.map(({ url }) => new URL(url).port)
  const file = join(newFolder(), 'gateway.yaml')
  const text = readmeFile({ '3001': `${one}`, '3002': `${two}`, '3003': `${api}` })
  writeFileSync(file, text)
  const { ports, admin, front, reloads, kill, start } = await startRoutedFront({ GATEWAY_FILE: file })
  const sources = async () =>
    (await admin.get('/api/providers')).body as unknown as {
      source: { file: string; error: string | null }
      providers: Provider[]
    }
  const untilSource = async (holds: (error: string | null) => boolean) => {
    while (!holds((await sources()).source.error)) await pause(20)
  }

  await untilAnswer(ports.http, HOST, ['one', 'two'])
  await untilAnswer(ports.http, HOST, ['api'], '/api/')
  const { source, providers } = await sources()
  expect(source).toMatchObject({ file, error: null })
  expect(providers.map(({ name, state, backends, conflicts }) => ({ name, state, backends, conflicts }))).toEqual([
    { name: 'api', state: 'running', backends: 0, conflicts: 0 },
    { name: 'inline', state: 'running', backends: 2, conflicts: 0 },
  ])

  // A server that stops gets nothing any more, and nobody sees it.
  await targets[1]?.stop()
  await untilAnswer(ports.http, HOST, ['one'])
  await targets[1]?.start()
  await untilAnswer(ports.http, HOST, ['one', 'two'])

  // A server more: no restart, no reload.
  for (const name of ['web', 'api']) await untilSettled(admin, name)
  const before = await reloads()
  const more = text.replace(/( *)- { name: srv2.*\n/, `$&$1- { name: srv3, address: 127.0.0.1, port: ${late} }\n`)
  writeFileSync(`${file}.new`, more)
  renameSync(`${file}.new`, file)
  await untilAnswer(ports.http, HOST, ['one', 'two', 'late'])
  for (const name of ['web', 'api']) await untilSettled(admin, name)
  expect(await reloads()).toBe(before)

  // A mistake, with its line; what was good goes on, also over a restart.
  writeFileSync(file, `${more}  - name: broken\n    servers: [{ name: srv1, address: 127.0.0.1, port: 99999 }]\n`)
  await untilSource((error) => error !== null)
  const line = more.split('\n').length + 1
  expect((await sources()).source.error).toMatch(
    new RegExp(`^line ${line}: backends\\[2\\]\\.servers\\[0\\]\\.port must`),
  )
  await expect.poll(() => front().output()).toContain('the last good state holds')
  await kill()
  await start()
  expect(await answersAt(ports.http, HOST)).toEqual(new Set(['one', 'two', 'late']))

  // A backend more, and one fewer.
  writeFileSync(
    file,
    `backends:\n  - name: other\n    hosts: [other.example.com]\n    servers: [{ name: a, address: 127.0.0.1, port: ${late} }]\n`,
  )
  await untilAnswer(ports.http, 'other.example.com', ['late'])
  await untilAnswer(ports.http, HOST, ['404'])
})
