import { expect, it } from 'vitest'
import { startAcmeServer } from '../support/acme-server.ts'
import { get } from '../support/http-clients.ts'
import { freePort } from '../support/ports.ts'
import { put, startRoutedFront } from '../support/routed-front.ts'
import { shownFor, untilShown } from '../support/served.ts'
import { startTarget } from '../support/targets.ts'

it('has a name proved by what HAProxy answers, and serves its certificate while an app does its own ACME', async () => {
  const http = await freePort()
  const server = await startAcmeServer({
    async look(name, _kind, { token, answer }) {
      const { body } = await get(http, { host: name, path: `/.well-known/acme-challenge/${token}` })
      return body === answer ? null : `it answers ${body.slice(0, 100)}`
    },
  })
  const name = 'shop.front.test'
  const front = await startRoutedFront({
    HTTP_PORT: String(http),
    ACME: server.directory,
    ACME_NAMES: name,
    ACME_FOR: 'api',
  })
  const before = await front.reloads()
  const own = await shownFor(front.ports.https, 'any.apps.front.test')
  for (const each of [name, 'front.front.test']) {
    await untilShown(front.ports.https, each, (shown) => shown !== own && shown !== null)
  }
  expect(await front.reloads()).toBe(before)
  expect(server.orders.map((order) => order.name).sort()).toEqual(['front.front.test', name])

  const app = await startTarget('app')
  await put(front.agent, 'app', `http://127.0.0.1:${app.port}`, { check: false })
  const path = '/.well-known/acme-challenge/its-own'
  const { body } = await get(http, { host: front.hostOf('app'), path })
  expect(JSON.parse(body)).toMatchObject({ target: 'app', url: path })
})
