import { X509Certificate } from 'node:crypto'
import { readdirSync } from 'node:fs'
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

it('what is no certificate is said in words', async () => {
  const middle = await startManInTheMiddle(NAME)
  middle.shows.push('nonsense')
  const where = ['--front', `https://${NAME}:${middle.port}`, '--front-address', '127.0.0.1', '--agent', 'vps-1']
  const ran = await runAgent(['init', ...where], { cwd: newFolder() })
  expect(ran).toMatchObject({ code: 1, errors: expect.stringContaining('Is this the URL of a front?') })
  expect(ran.errors).not.toContain('    at ')
})
