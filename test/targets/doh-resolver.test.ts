import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { dohResolver, dohTexts } from '../../shared/targets/doh-resolver.ts'

interface Asked {
  name: string
  type: string
  accept: string | undefined
}

/** A resolver on this machine that answers with what it is told: a status, or the whole body. */
async function startDoh(answer: (asked: Asked) => number | object | string) {
  const asked: Asked[] = []
  const server = createServer(({ url, headers }, response) => {
    const { searchParams } = new URL(url ?? '', 'http://doh')
    const question = {
      name: searchParams.get('name') ?? '',
      type: searchParams.get('type') ?? '',
      accept: headers.accept,
    }
    asked.push(question)
    const said = answer(question)
    if (typeof said === 'number') response.writeHead(said).end()
    else response.end(typeof said === 'string' ? said : JSON.stringify(said))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query?profile=mine`
  return { asked, resolve: dohResolver({ url, timeoutMs: 5_000 }), texts: dohTexts({ url, timeoutMs: 5_000 }) }
}

const record = (type: number, data: string, TTL = 300) => ({ name: 'app.example', type, TTL, data })

it('asks for both kinds of addresses, and takes them from the end of the names on the way', async () => {
  const { asked, resolve } = await startDoh(({ type }) => ({
    Status: 0,
    Answer:
      type === 'A'
        ? [record(5, 'other.example.'), record(1, '203.0.113.7', 60), record(1, '203.0.113.8')]
        : [record(5, 'other.example.'), record(28, '2001:db8::7')],
  }))
  expect(await resolve('app.example')).toEqual({
    addresses: ['203.0.113.7', '203.0.113.8', '2001:db8::7'],
    ttlSeconds: 60,
  })
  const accept = 'application/dns-json'
  expect(asked.sort((a, b) => a.type.localeCompare(b.type))).toEqual([
    { name: 'app.example', type: 'A', accept },
    { name: 'app.example', type: 'AAAA', accept },
  ])
})

it('takes texts with and without quotes, a long one out of its parts', async () => {
  const { texts } = await startDoh(() => ({
    Status: 0,
    Answer: [
      record(5, 'other.example.'),
      ...['"proof=abc"', 'proof=abc', '"proof=" "abc"', '"proof="\t"ab""c"', '"say \\"hi\\""', '""'].map((data) =>
        record(16, data),
      ),
    ],
  }))
  const proof = 'proof=abc'
  expect(await texts('app.example')).toEqual([proof, proof, proof, proof, 'say "hi"', ''])
})

it.each([
  ['there is no such name', { Status: 3 }],
  ['it has no address', { Status: 0, Answer: [record(5, 'other.example.')] }],
])('refuses the target where %s', async (_, answer) => {
  const { resolve } = await startDoh(() => answer)
  await expect(resolve('app.example')).rejects.toMatchObject({ code: 'TARGET_REFUSED' })
})

it.each([
  ['the resolver fails', () => 503],
  ['it answers in another way', () => '<html></html>'],
  ['it cannot say', () => ({ Status: 2 })],
  ['it gives what is no address', () => ({ Status: 0, Answer: [record(1, 'localhost'), record(28, '::1x')] })],
  [
    'it knows one half only',
    ({ type }: Asked) => (type === 'A' ? { Status: 0, Answer: [record(1, '203.0.113.7')] } : 500),
  ],
])('says that it could not ask where %s', async (_, answer) => {
  const { resolve } = await startDoh(answer)
  await expect(resolve('app.example')).rejects.toMatchObject({ code: 'RESOLVER_UNAVAILABLE' })
})

it('asks once more', async () => {
  let failures = 0
  const { resolve } = await startDoh(() => (failures++ < 2 ? 500 : { Status: 0, Answer: [record(1, '203.0.113.7')] }))
  expect((await resolve('app.example')).addresses).toEqual(['203.0.113.7'])
})
