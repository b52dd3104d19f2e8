import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { startHaproxy } from '../support/haproxy.ts'
import { createCertificates } from '../support/haproxy-certificates.ts'
import { get, getH2, seen } from '../support/http-clients.ts'
import { freePort } from '../support/ports.ts'
import { startTarget } from '../support/targets.ts'

it('takes a request to whatever the map says, by what the target speaks', async () => {
  const haproxy = await startHaproxy()
  const { ca, agent, edge } = haproxy.certificates
  const plain = await startTarget('plain')
  const h2c = await startTarget('h2c', { speaks: 'h2c' })
  const https = await startTarget('https', { speaks: 'https', pem: edge })
  const ingress = await startTarget('agent', { speaks: 'https', pem: await agent(), ca })
  await haproxy.set('hosts', 'a.apps.test', `http|127.0.0.1|${plain.port}||`)
  await haproxy.set('hosts', 'b.apps.test', `h2c|127.0.0.1|${h2c.port}||`)
  await haproxy.set('hosts', 'c.apps.test', `https|127.0.0.1|${https.port}|c.apps.test|`)
  await haproxy.set('hosts', 'd.apps.test', `agent|127.0.0.1|${ingress.port}|agent1.agents.test|`)

  expect(await seen(haproxy.httpPort, { host: 'a.apps.test' })).toMatchObject({ target: 'plain', version: '1.1' })
  expect(await seen(haproxy.httpPort, { host: 'b.apps.test' })).toMatchObject({ target: 'h2c', version: '2.0' })
  expect(await seen(haproxy.httpPort, { host: 'c.apps.test' })).toMatchObject({ target: 'https', version: '2.0' })
  expect(await seen(haproxy.httpPort, { host: 'd.apps.test' })).toMatchObject({ target: 'agent', client: 'front' })
  expect(await seen(haproxy.httpsPort, { host: 'a.apps.test', ca })).toMatchObject({ target: 'plain' })
  for (const answer of [
    await getH2(haproxy.httpsPort, { host: 'a.apps.test', ca }),
    await getH2(haproxy.httpPort, { host: 'a.apps.test' }),
  ]) {
    expect(JSON.parse(answer.body)).toMatchObject({ target: 'plain', url: '/' })
  }
})

it('takes nobody else for an agent', async () => {
  const haproxy = await startHaproxy()
  const { ca, agent, edge } = haproxy.certificates
  const other = await startTarget('other', { speaks: 'https', pem: await agent('agent2'), ca })
  const server = await startTarget('server', { speaks: 'https', pem: edge })
  await haproxy.set('hosts', 'a.apps.test', `agent|127.0.0.1|${other.port}|agent1.agents.test|`)
  await haproxy.set('hosts', 'b.apps.test', `agent|127.0.0.1|${other.port}||`)
  await haproxy.set('hosts', 'c.apps.test', `agent|127.0.0.1|${server.port}|agent1.agents.test|`)
  await haproxy.set('hosts', 'd.apps.test', `agent|127.0.0.1|${other.port}|agent2.agents.test|`)
  for (const host of ['a.apps.test', 'b.apps.test', 'c.apps.test']) {
    expect([host, (await get(haproxy.httpPort, { host })).status]).toEqual([host, 503])
  }
  expect(await seen(haproxy.httpPort, { host: 'd.apps.test' })).toMatchObject({ target: 'other' })
})

it('refuses an agent whose certificate was revoked, where it has the lists', async () => {
  const certificates = await createCertificates()
  const [good, bad] = [await certificates.agent(), await certificates.agent()]
  const FRONT_CRL = join(newFolder(), 'crl.pem')
  writeFileSync(FRONT_CRL, await certificates.crl([bad.issued]))
  const haproxy = await startHaproxy({ certificates, values: { FRONT_CRL } })
  for (const [host, pem] of [
    ['good.apps.test', good],
    ['bad.apps.test', bad],
  ] as const) {
    const { port } = await startTarget(host, { speaks: 'https', pem, ca: certificates.ca })
    await haproxy.set('hosts', host, `agent|127.0.0.1|${port}|agent1.agents.test|`)
  }
  expect((await get(haproxy.httpPort, { host: 'good.apps.test' })).status).toBe(200)
  expect((await get(haproxy.httpPort, { host: 'bad.apps.test' })).status).toBe(503)
})

it('tells a person what is the matter', async () => {
  const haproxy = await startHaproxy()
  const down = await freePort()
  for (const [host, value] of [
    ['down.apps.test', `http|127.0.0.1|${down}||`],
    ['none.apps.test', 'none||||b:r1:1'],
    ['off.apps.test', 'off|||||route|5'],
    ['off2.apps.test', 'off||||stands'],
    ['off3.apps.test', 'off|Back%20%26%2362%3B%20soon|60||stands|route|'],
  ] as const) {
    await haproxy.set('hosts', host, value)
  }
  for (const [host, status, words, retryAfter] of [
    ['nobody.apps.test', 404, 'There is nothing at this address', undefined],
    ['down.apps.test', 503, 'This is not answering at the moment', '30'],
    ['none.apps.test', 503, 'This is being prepared', '5'],
    ['off.apps.test', 503, 'This is being maintained', '300'],
    ['off2.apps.test', 503, 'This is being maintained', '300'],
    ['off3.apps.test', 503, '<p>Back &#62; soon (503)</p>', '60'],
    ['a_.test', 400, 'This request is not understood', undefined],
  ] as const) {
    const answer = await get(haproxy.httpPort, { host })
    expect([host, answer.status, answer.body]).toEqual([host, status, expect.stringContaining(words)])
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    expect([host, answer.headers['retry-after']]).toEqual([host, retryAfter])
  }
})

const STANDING = `
backend b:r1:1 from front_base_http
  http-request return status 200 content-type text/plain string "first generation"
backend b:r1:2 from front_base_http
  http-request return status 200 content-type text/plain string "second generation"
`

it('uses the backend of the generation that the map names, and the lane where that does not stand', async () => {
  const haproxy = await startHaproxy({ edit: (text) => text + STANDING })
  const target = await startTarget('lane')
  for (const [value, words] of [
    [`http|127.0.0.1|${target.port}||b:r1:1`, 'first generation'],
    [`http|127.0.0.1|${target.port}||b:r1:2`, 'second generation'],
    [`http|127.0.0.1|${target.port}||b:r1:3`, '"target":"lane"'],
    [`http|127.0.0.1|${target.port}||`, '"target":"lane"'],
    ['none||||b:r1:2', 'second generation'],
    ['none||||b:r1:3', 'being prepared'],
  ] as const) {
    await haproxy.set('hosts', 'a.apps.test', value)
    expect([value, (await get(haproxy.httpPort, { host: 'a.apps.test' })).body]).toEqual([
      value,
      expect.stringContaining(words),
    ])
  }
})

it('gives a path to the longest prefix that holds whole segments', async () => {
  const haproxy = await startHaproxy()
  const [root, api, v2] = [await startTarget('root'), await startTarget('api'), await startTarget('v2')]
  await haproxy.set('hosts', 'a.apps.test', `http|127.0.0.1|${root.port}||`)
  await haproxy.set('split', 'a.apps.test', '1')
  await haproxy.set('paths', 'a.apps.test/api/', `http|127.0.0.1|${api.port}||`)
  await haproxy.set('paths', 'a.apps.test/api/v2/', `http|127.0.0.1|${v2.port}||`)
  await haproxy.set('split', 'b.apps.test', '1')
  await haproxy.set('paths', 'b.apps.test/api/', `http|127.0.0.1|${api.port}||`)
  for (const [host, path, target] of [
    ['a.apps.test', '/', 'root'],
    ['a.apps.test', '/api', 'api'],
    ['a.apps.test', '/api/', 'api'],
    ['a.apps.test', '/api?x=/api/v2/', 'api'],
    ['a.apps.test', '/api/v1', 'api'],
    ['a.apps.test', '/api/v2', 'v2'],
    ['a.apps.test', '/api/v2/x', 'v2'],
    ['a.apps.test', '/api/v22', 'api'],
    ['a.apps.test', '/apix', 'root'],
    ['a.apps.test', '/x/api/', 'root'],
    ['b.apps.test', '/api/x', 'api'],
    ['A.apps.test:80', '/api/x', 'api'],
  ] as const) {
    expect([path, (await seen(haproxy.httpPort, { host, path })).target]).toEqual([path, target])
  }
  expect((await get(haproxy.httpPort, { host: 'b.apps.test' })).status).toBe(404)
})
