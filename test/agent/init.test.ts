import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { COMMANDS } from '../../agent/command/commands.ts'
import { runCommand } from '../../agent/command/run.ts'
import { runAgent } from '../support/agent.ts'
import { newFolder } from '../support/folder.ts'
import { startRoutedFront } from '../support/routed-front.ts'
import { newCa } from './support/man-in-the-middle.ts'

const ENROLLMENT_TOKEN = 'the-enrolment-token-of-these-tests'

it('a front is believed by the fingerprint of its CA alone, and nothing is left of an attempt that failed', async () => {
  const front = await startRoutedFront()
  const cwd = newFolder()
  const where = ['--front', `https://front.front.test:${front.ports.https}`, '--front-address', '127.0.0.1']
  const init = (args: string[], env = {}) => runAgent(['init', ...where, '--agent', 'vps-2', ...args], { cwd, env })

  const unproved = await init([])
  expect(unproved.code).toBe(2)
  const [fingerprint = ''] = /(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(unproved.errors) ?? []
  const ca = await fetch(`${front.front().url}/api/certificates/ca.pem`).then((answer) => answer.text())
  const told = execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], { input: ca, encoding: 'utf8' })
  expect(told).toContain(fingerprint)

  const other = await init(['--ca-fingerprint', fingerprint.replace(/^../, fingerprint.startsWith('00') ? '11' : '00')])
  expect(other).toMatchObject({ code: 1, errors: expect.stringContaining('this is not your front') })
  const wrong = await init(['--ca-fingerprint', told], { ENROLLMENT_TOKEN: 'a-token-that-nobody-knows' })
  expect(wrong).toMatchObject({ code: 1, errors: 'This enrolment token is not known, or no longer valid\n' })
  expect(readdirSync(cwd)).toEqual([])
  const none = await init(['--ca-fingerprint', told])
  expect(none).toMatchObject({ code: 1, errors: expect.stringContaining('set ENROLLMENT_TOKEN') })

  const done = await init(['--ca-fingerprint', told, '--json'], { ENROLLMENT_TOKEN })
  expect(done).toMatchObject({ code: 0, errors: '' })
  expect(JSON.parse(done.output)).toMatchObject({ agent: 'vps-2', appsDomain: 'apps.front.test' })
  const key = readFileSync(join(cwd, '.cloudlunacy/agent.key'), 'utf8')
  expect(key).toMatch(/^clk_[\w-]{43}\n$/)
  expect(`${done.output}${readFileSync(join(cwd, 'agent.yaml'), 'utf8')}`).not.toContain(key.trim())

  // Never overwritten silently; with --force under the same key, for which no token is needed.
  expect(await init(['--ca-fingerprint', told])).toMatchObject({ code: 1, errors: expect.stringContaining('--force') })
  expect((await init(['--ca-fingerprint', told, '--force'])).code).toBe(0)
  expect(readFileSync(join(cwd, '.cloudlunacy/agent.key'), 'utf8')).toBe(key)
  expect((await runAgent(['routes', 'list'], { cwd })).output).toBe('The front has no route of this agent\n')

  // Somebody sits there, and is asked again for what was wrong.
  const elsewhere = join(newFolder(), 'agent.yaml')
  const talk = await answering(
    ['init', ...where.slice(2), '--config', elsewhere, '--agent', 'vps-2'],
    [
      ['front’s API: ', 'nonsense'],
      ['front’s API: ', `${where[1]}`],
      ['[no]: ', 'yes'],
      ['this machine [127.0.0.1]: ', 'here'],
      ['this machine [127.0.0.1]: ', '127.0.0.1'],
      ['enrolment token: ', 'wrong'],
      ['enrolment token: ', ENROLLMENT_TOKEN],
      [']: ', 'vps-3'],
      ['enrolment token: ', ENROLLMENT_TOKEN],
    ],
  )
  expect(talk).toMatchObject({ code: 0, said: expect.stringContaining('another machine has this name') })
  expect(readFileSync(elsewhere, 'utf8')).toContain('agent: vps-3\n')
  const stopped = await answering(['init', '--config', elsewhere], [['[no]: ', '\u0003']])
  expect(stopped).toMatchObject({ code: 130, said: expect.stringContaining('Nothing was done') })

  // Another CA vouches for the front now: it is not spoken with.
  writeFileSync(join(cwd, '.cloudlunacy/certificates/ca.pem'), newCa('stranger'))
  const refused = await runAgent(['routes', 'list'], { cwd })
  expect(refused).toMatchObject({
    code: 1,
    errors: expect.stringContaining('cannot prove that it is the front'),
  })
})

it.each([
  ['a flag that there is not', ['init', '--nonsense'], 2, "Unknown option '--nonsense'"],
  [
    'a URL that would carry the key in the open',
    ['init', '--front', 'http://front.example.com'],
    2,
    'must be https://',
  ],
  ['a command that there is not', ['install'], 2, 'There is no command "install"'],
  ['half of a command', ['routes'], 2, '"routes" needs one of: list, add, remove'],
  ['a word that is missing', ['routes', 'add', 'shop'], 2, 'TARGET is missing'],
  ['a word too many', ['status', 'shop'], 2, '"shop" is one too many'],
  ['no agent.yaml', ['status'], 1, 'cloudlunacy-agent init makes one'],
])('%s is said in words', async (_, args, code, words) => {
  const ran = await runAgent(args, { cwd: newFolder() })
  expect(ran).toMatchObject({ code, output: '', errors: expect.stringContaining(words) })
  expect(ran.errors).not.toContain('    at ')
})

/** In a terminal: each answer is typed when its question is asked. */
async function answering(typed: string[], answers: [question: string, answer: string][]) {
  const [input, output, errors] = [0, 1, 2].map(() => Object.assign(new PassThrough(), { isTTY: true }))
  if (!input || !output || !errors) throw new Error('a terminal has three')
  let said = ''
  let from = 0
  errors.on('data', (chunk) => {
    said += chunk
    const [question = '', answer = ''] = answers[0] ?? []
    if (answers.length === 0 || !said.slice(from).includes(question)) return
    answers.shift()
    from = said.length
    setImmediate(() => input.write(`${answer}\r`))
  })
  const { signal } = new AbortController()
  const streams = { input, output: output.resume(), errors }
  const code = await runCommand(typed, { commands: COMMANDS, environment: {}, signal, ...streams })
  return { code, said, answers }
}
