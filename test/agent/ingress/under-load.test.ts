import { expect, it } from 'vitest'
import { failuresOf, moreOfEach } from '../../support/load/all-kinds.ts'
import { conversationLoad, openBySni, openWebSocket } from '../../support/load/echo.ts'
import { http1Load } from '../../support/load/http1.ts'
import { http2Load } from '../../support/load/http2.ts'
import { startNamedTarget, startTlsTarget } from '../../support/named-targets.ts'
import { putAll } from '../../support/option-routes.ts'
import { expectStatus, startRoutedFront } from '../../support/routed-front.ts'
import { appRoute, certificatesOf, http1At, startIngress } from './support.ts'

it.each([
  ['few requests', 100],
  ['many', 1],
])(
  'loses no request when its certificate is renewed, and none when an app moves, where there are %s',
  {
    timeout: 120_000,
  },
  async (_, manyAtOnce) => {
    const front = await startRoutedFront()
    const { agent, ports, hostOf, databaseOf } = front
    const [before, after] = [await startNamedTarget('before'), await startNamedTarget('after')]
    const steady = await startNamedTarget('steady')
    const database = await startTlsTarget('database')
    const names = ['moving', 'posted']
    let serving = before
    const routes = () => [
      ...names.map((name) => appRoute(hostOf(name), http1At(serving.port))),
      appRoute(hostOf('steady'), http1At(steady.port)),
      { type: 'mongodb' as const, host: databaseOf('vps-1'), upstream: http1At(database.port) },
    ]
    const ingress = await startIngress(await certificatesOf(agent), routes(), { manyAtOnce })
    const targetUrl = `https://127.0.0.1:${ingress.port}`
    await putAll(front, [
      { subdomain: 'moving', targetUrl, options: { through: 'agent' } },
      { subdomain: 'posted', targetUrl, options: { through: 'agent', check: false } },
      { subdomain: 'steady', targetUrl, options: { through: 'agent', check: false } },
    ])
    const options = { through: 'agent', check: false }
    expectStatus(
      await agent.post('/api/proxy/mongodb', { targetHost: '127.0.0.1', targetPort: ingress.port, options }),
      [201],
    )

    const asked = names.map((name) => ({ host: hostOf(name), answers: () => [before.name, after.name] }))
    const loads = [
      http1Load(ports.http, asked, { connections: 'kept' }),
      http1Load(ports.http, asked, { connections: 'new' }),
      http2Load(ports.https, asked),
      conversationLoad('WebSocket', () => openWebSocket(ports.http, hostOf('steady')), steady.name),
      conversationLoad('TLS by name', () => openBySni(ports.mongo, databaseOf('vps-1')), database.name),
    ]
    await moreOfEach(loads, 20)

    for (let renewal = 0; renewal < 3; renewal++) {
      expectStatus(await agent.post('/api/certificates/agents/vps-1/renew', {}), [200, 201])
      ingress.present(await certificatesOf(agent))
      await moreOfEach(loads, 20)
    }

    for (const next of [after, before, after]) {
      const former = serving
      serving = next
      ingress.route(routes())
      await ingress.drained(http1At(former.port), AbortSignal.timeout(10_000))
      await moreOfEach(loads, 20)
    }
    // Nobody asks it any more: it may go.
    await before.stop()
    await moreOfEach(loads, 20)
    expect(await failuresOf(loads)).toEqual([])
  },
)
