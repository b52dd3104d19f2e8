import { describe, expect, it } from 'vitest'
import { followed } from '../../shared/acme/dns/alias.ts'
import { cloudflareDns } from '../../shared/acme/dns/cloudflare.ts'
import { dohCname, dohSeesText } from '../../shared/acme/dns/doh-text.ts'
import { nodeCname } from '../../shared/acme/dns/node-text.ts'
import { accountKey } from '../../shared/acme/jws.ts'
import { createProofs } from '../../shared/acme/proofs.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { exportPrivateKey, generateKeyPair } from '../../shared/pki/index.ts'
import { startDns } from '../support/dns.ts'

const NAME = '_acme-challenge.apps.example.com'
const SIGNAL = new AbortController().signal
const ZONE = { id: '0a1b', name: 'example.com' }

interface Stored {
  id: string
  type: string
  name: string
  content: string
}

/** Cloudflare's API, as far as its documentation tells of it. */
function cloudflare(token: string) {
  const records: Stored[] = []
  const asked: string[] = []
  const say = (result: unknown, errors: object[] = [], status = 200) =>
    Response.json({ success: errors.length === 0, errors, result }, { status })
  const fetch = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url)
    asked.push(`${request.method} ${pathname.replace('/client/v4', '')}`)
    if (request.headers.get('authorization') !== `Bearer ${token}`)
      return say(null, [{ code: 10_000, message: 'Authentication error' }], 403)
    if (pathname.endsWith('/zones')) return say(searchParams.get('name') === ZONE.name ? [ZONE] : [])
    const id = pathname.split('/dns_records/')[1]
    if (request.method === 'GET') return say(records.filter(({ name }) => name === searchParams.get('name')))
    if (request.method === 'DELETE') {
      records.splice(
        records.findIndex((record) => record.id === id),
        1,
      )
      return say({ id })
    }
    const record = (await request.json()) as Omit<Stored, 'id'>
    if (records.some(({ name, content }) => name === record.name && content === record.content))
      return say(null, [{ code: 81_058, message: 'An identical record already exists.' }], 400)
    records.push({ ...record, id: String(records.length + 1).padStart(4, '0') })
    return say(records.at(-1))
  }
  return { fetch, records, asked }
}

describe('records at Cloudflare', () => {
  it('are added in the zone that the name is in, and removed by their value', async () => {
    const { fetch, records, asked } = cloudflare('the-token')
    const dns = cloudflareDns({ token: 'the-token', fetch })
    await dns.set(NAME, 'one', SIGNAL)
    await dns.set(NAME, 'two', SIGNAL)
    await dns.set(NAME, 'two', SIGNAL)
    expect(records.map(({ type, name, content }) => [type, name, content])).toEqual([
      ['TXT', NAME, '"one"'],
      ['TXT', NAME, '"two"'],
    ])
    await dns.remove(NAME, 'one', SIGNAL)
    await dns.remove(NAME, 'gone', SIGNAL)
    expect(records.map(({ content }) => content)).toEqual(['"two"'])
    expect(asked.slice(0, 3)).toEqual(['GET /zones', 'GET /zones', `POST /zones/${ZONE.id}/dns_records`])
  })

  it('fail in Cloudflare’s words, which never hold the token', async () => {
    const { fetch } = cloudflare('the-token')
    const refused = cloudflareDns({ token: 'another-token', fetch }).set(NAME, 'one', SIGNAL)
    await expect(refused).rejects.toThrow('Cloudflare did not take the DNS record: Authentication error')
    const elsewhere = cloudflareDns({ token: 'the-token', fetch }).set('_acme-challenge.example.org', 'one', SIGNAL)
    await expect(elsewhere).rejects.toThrow('the token sees no zone for _acme-challenge.example.org')
  })
})

it('writes where CNAME records lead, but in no circle', async () => {
  const names: Record<string, string> = {
    [NAME]: 'Proofs.Example.NET.',
    'proofs.example.net': 'last.example.net',
    'a.test': 'b.test',
    'b.test': 'a.test',
  }
  const answerOf = (name: string) => (names[name] ? [{ type: 5, TTL: 1, data: names[name] }] : [])
  const cname = dohCname('https://resolver.example/dns-query', async ({ url }) => {
    const { searchParams } = new URL(url)
    expect(searchParams.get('type')).toBe('CNAME')
    return Response.json({ Status: 0, Answer: answerOf(searchParams.get('name') ?? '') })
  })
  const leadsTo = followed(cname)
  const ends = await Promise.all([NAME, 'a.test', 'elsewhere.test'].map(leadsTo))
  expect(ends).toEqual(['last.example.net', 'a.test', 'elsewhere.test'])

  const zone = { [NAME]: { CNAME: ['last.example.net'] } }
  const byUdp = followed(nodeCname({ resolver: await startDns(zone) }))
  expect([await byUdp(NAME), await byUdp('elsewhere.test')]).toEqual(['last.example.net', 'elsewhere.test'])

  const told: string[] = []
  const tell = async (name: string) => void told.push(name)
  const dns = { provider: { set: tell, remove: tell }, sees: async () => true, leadsTo }
  const proofs = createProofs({ kv: memoryKv(), dns, ownNames: [], publish: async () => undefined })
  const challenge = { type: 'dns-01', url: '', status: 'pending', token: 'token' } as const
  const key = await accountKey(await exportPrivateKey((await generateKeyPair()).privateKey))
  const text = await proofs.textOf(`*.${NAME.replace('_acme-challenge.', '')}`, challenge, key)
  await proofs.show(challenge, text, key, SIGNAL)
  await proofs.hide(challenge, text, SIGNAL)
  expect(told).toEqual(['last.example.net', 'last.example.net'])
})

it('looks for a record by a resolver that answers in JSON, and takes no answer for none', async () => {
  const answers: (object | null)[] = [
    null,
    { Status: 3 },
    { Status: 0, Answer: [{ type: 5, TTL: 1, data: 'elsewhere.' }] },
    { Status: 0, Answer: [{ type: 16, TTL: 1, data: '"other"' }] },
    {
      Status: 0,
      Answer: ['"other"', '"the-value"'].map((data) => ({ type: 16, TTL: 1, data })),
    },
  ]
  const sees = dohSeesText('https://resolver.example/dns-query', async ({ url }) => {
    expect(new URL(url).search).toBe(`?name=${NAME}&type=TXT`)
    const answer = answers.shift()
    return answer ? Response.json(answer) : new Response('', { status: 500 })
  })
  const seen: boolean[] = []
  while (answers.length > 0) seen.push(await sees(NAME, 'the-value'))
  expect(seen).toEqual([false, false, false, false, true])
})
