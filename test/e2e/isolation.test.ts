import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'
import { ask, keepAlive } from '../support/ask.ts'
import { itOnNode } from '../support/entry.ts'
import { failuresOf, moreOfEach } from '../support/load/all-kinds.ts'
import { http1Load } from '../support/load/http1.ts'
import { http2Load } from '../support/load/http2.ts'
import { type NamedTarget, startNamedTarget, startNamedTargets } from '../support/named-targets.ts'
import { put, type RoutedFront, remove, startRoutedFront } from '../support/routed-front.ts'
import { sideBySide } from '../support/side-by-side.ts'

const FULL = process.env.FAULTS === 'full'
const TARGETS = FULL ? 500 : 40
const REQUESTS = FULL ? 1_000_000 : 4_000

it(`answers none of ${REQUESTS} requests over shared connections by the target of another of ${TARGETS}`, {
  timeout: FULL ? 1_800_000 : 60_000,
}, async () => {
  const routed = await startRoutedFront()
  const targets = await startNamedTargets(TARGETS)
  await sideBySide(targets, 4, ({ name, url }) => put(routed.agent, name, url, { check: isEven(name) }))
  const asked = targets.map(({ name }) => ({ host: routed.hostOf(name), answers: () => [name] }))
  const { http, https } = routed.ports
  const loads = [
    http1Load(http, asked, { connections: 'kept', clients: 8, pauseMs: 0 }),
    http2Load(https, asked, { clients: 4, pauseMs: 0 }),
  ]
  const churning = new AbortController()
  const churn = keepChanging(routed, targets.slice(0, 2) as [NamedTarget, NamedTarget], churning.signal)
  await moreOfEach(loads, REQUESTS / 2)
  churning.abort()
  await churn
  expect(await failuresOf(loads)).toEqual([])
})

const isEven = (name: string) => Number(name.split('-')[1]) % 2 === 0

/** Routes beside those that are asked for: maps are written and backends made all the while. */
async function keepChanging({ agent }: RoutedFront, [one, other]: [NamedTarget, NamedTarget], signal: AbortSignal) {
  for (let turn = 0; !signal.aborted; turn++) {
    const name = `beside-${turn % 10}`
    await put(agent, name, turn % 3 ? one.url : other.url)
    if (turn % 4 === 0) await remove(agent, name)
  }
}

itOnNode('it looks into the file of the store')(
  'never leads to the target of whoever had the name before',
  async () => {
    const routed = await startRoutedFront({ KEEP_HAPROXY: 'true' })
    const [former, latter] = [await startNamedTarget('former'), await startNamedTarget('latter')]
    const host = routed.hostOf('shop')
    const connection = keepAlive(1)
    const seen = async (agent: typeof connection | false) => (await ask(routed.ports.http, host, { agent })).body

    await put(routed.agent, 'shop', former.url, {}, { waitSeconds: 20 })
    expect(await seen(connection)).toBe(`former for ${host}`)
    await remove(routed.agent, 'shop')
    expect(await seen(connection)).not.toContain('former')

    await forgetWhoHad(host, routed)
    const next = await routed.register('vps-2')
    await put(next, 'shop', latter.url)
    expect(await seen(false)).toBe(`latter for ${host}`)
    expect(await seen(connection)).not.toContain('former')
    for (let reload = 0; reload < 3; reload++) {
      await put(next, `other-${reload}`, latter.url, {}, { waitSeconds: 20 })
      expect(await seen(false)).toBe(`latter for ${host}`)
    }
    connection.destroy()
  },
)

/** As if the time had passed for which a name waits before another may have it; HAProxy goes on meanwhile. */
async function forgetWhoHad(host: string, routed: RoutedFront): Promise<void> {
  await routed.kill()
  const kv = sqliteKv(nodeSqlDatabase(join(routed.dataDir, 'front.db')))
  expect(await kv.commit([], [{ key: `claims/${host}`, delete: true }])).toMatchObject({ ok: true })
  await kv.close()
  await routed.start()
}
