import { X509Certificate } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runAgent } from '../support/agent.ts'
import { newFolder } from '../support/folder.ts'
import { newCa, startManInTheMiddle } from './support/man-in-the-middle.ts'

const NAME = 'front.front.test'
const ASKED_BY_EVERYBODY = 'GET /api/certificates/ca'

/** What somebody between the agent and the front may show, who knows the front's CA as everybody does. */
const SHOWN: [what: string, shown: (front: string, own: string) => string[]][] = [
  ['another CA behind it', (front, own) => [`${front}${own}`]],
  [
    'it twice, and others by other labels and between other lines',
    (front, own) => [`words\n${front}${front}more words\n\n${own.replaceAll('CERT', 'TRUSTED CERT')}words${own}`],
  ],
  ['another CA beside it', (front, own) => [front, own]],
]

it.each(SHOWN)('nothing secret is said to one in the middle who shows the front’s CA, and %s', async (_, shown) => {
  const front = newCa('the front’s CA')
  const middle = await startManInTheMiddle(NAME)
  middle.shows.push(...shown(front, middle.ca))
  const cwd = newFolder()
  const where = ['--front', `https://${NAME}:${middle.port}`, '--front-address', '127.0.0.1', '--agent', 'vps-1']
  const pin = ['--ca-fingerprint', new X509Certificate(front).fingerprint256]
  const ran = await runAgent(['init', ...where, ...pin], { cwd, env: { ENROLLMENT_TOKEN: 'a-secret-of-the-front' } })
  expect(middle.heard).toEqual([ASKED_BY_EVERYBODY])
  expect(ran).toMatchObject({
    code: 1,
    output: '',
    errors: expect.stringContaining('cannot prove that it is the front'),
  })
  expect(readdirSync(cwd)).toEqual([])
})

it('an agent that is set up says nothing to one in the middle, and nothing of theirs is learnt', async () => {
  const middle = await startManInTheMiddle(NAME)
  const [cwd, front] = [newFolder(), newCa('the front’s CA')]
  const [folder, ca] = [join(cwd, '.cloudlunacy'), join(cwd, '.cloudlunacy/certificates/ca.pem')]
  middle.shows.push(`${front}${middle.ca}`)
  mkdirSync(join(folder, 'certificates'), { recursive: true })
  writeFileSync(join(folder, 'agent.key'), 'the-very-long-key-of-vps-1')
  const place = { url: `https://${NAME}:${middle.port}`, address: '127.0.0.1' }
  writeFileSync(join(cwd, 'agent.yaml'), JSON.stringify({ agent: 'vps-1', front: place, address: '192.0.2.1' }))
  for (const [pinned, said] of [
    [front, 'cannot prove that it is the front'],
    ['', 'holds no certificate'],
  ] as const) {
    writeFileSync(ca, pinned)
    const ran = await runAgent(['certs', 'renew'], { cwd })
    expect(ran).toMatchObject({ code: 1, output: '', errors: expect.stringContaining(said) })
    expect(readFileSync(ca, 'utf8')).toBe(pinned)
  }
  expect(middle.heard).toEqual([])
})

it('what is no certificate is said in words', async () => {
  const middle = await startManInTheMiddle(NAME)
  middle.shows.push('nonsense')
  const where = ['--front', `https://${NAME}:${middle.port}`, '--front-address', '127.0.0.1', '--agent', 'vps-1']
  const ran = await runAgent(['init', ...where], { cwd: newFolder() })
  expect(ran).toMatchObject({ code: 1, errors: expect.stringContaining('Is this the URL of a front?') })
  expect(ran.errors).not.toContain('    at ')
})
