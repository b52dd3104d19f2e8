import { expect, it } from 'vitest'
import { startHaproxy } from '../support/haproxy.ts'
import { get, seen } from '../support/http-clients.ts'
import { startTarget } from '../support/targets.ts'

const PATH = '/.well-known/acme-challenge'

it('answers an ACME server under any host, and leaves what is not the front’s own to the route', async () => {
  const haproxy = await startHaproxy({ maps: { acme: { [`${PATH}/our-token`]: 'our-token.our-thumbprint' } } })
  const app = await startTarget('app')
  await haproxy.set('hosts', 'a.apps.test', `http|127.0.0.1|${app.port}||`)
  await haproxy.set('hosts', 'off.apps.test', 'off|closed|60||||')

  for (const host of ['a.apps.test', 'off.apps.test', 'still-to-come.example', 'front.test']) {
    const { status, body } = await get(haproxy.httpPort, { host, path: `${PATH}/our-token` })
    expect([host, status, body]).toEqual([host, 200, 'our-token.our-thumbprint'])
  }
  for (const path of [`${PATH}/its-own`, `${PATH}/`, `${PATH}/our-token/more`, '/our-token']) {
    expect(await seen(haproxy.httpPort, { host: 'a.apps.test', path })).toMatchObject({ target: 'app', url: path })
  }
  const { status } = await get(haproxy.httpPort, { host: 'still-to-come.example', path: `${PATH}/another` })
  expect(status).toBe(404)
})
