import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { ask } from '../support/ask.ts'
import { describeEtcd } from '../support/describe-etcd.ts'
import { type EtcdCluster, startEtcd } from '../support/etcd.ts'
import { newFolder } from '../support/folder.ts'
import { startNamedTargets } from '../support/named-targets.ts'
import { put, type RoutedFront, remove, startRoutedFront } from '../support/routed-front.ts'

const FULL = process.env.FAULTS === 'full'
const ROUNDS = FULL ? 500 : 40

describeEtcd('faults: two fronts on one etcd', () => {
  it('agree on what one gateway.yaml says, and write each change of it once', { timeout: 60_000 }, async () => {
    const etcd = await startEtcd()
    onTestFinished(() => etcd.stop())
    const [one, two] = await startNamedTargets(2)
    const GATEWAY_FILE = join(newFolder(), 'gateway.yaml')
    const write = (...targets: (typeof one)[]) => writeFileSync(GATEWAY_FILE, gatewayFile(targets))
    write(one)
    const KV = `etcd://${etcd.endpoints.map((endpoint) => new URL(endpoint).host).join(',')}`
    const fronts = await Promise.all([startRoutedFront({ KV, GATEWAY_FILE }), startRoutedFront({ KV, GATEWAY_FILE })])
    const untilAnswered = (names: (string | undefined)[]) =>
      vi.waitFor(async () => expect(await Promise.all(fronts.map(answering))).toEqual(fronts.map(() => names)), {
        timeout: 20_000,
        interval: 50,
      })

    await untilAnswered([one?.name])
    const before = await backendsIn(etcd)
    write(one, two)
    await untilAnswered([one?.name, two?.name])
    const after = await backendsIn(etcd)
    expect(
      after.map(({ key, writes }) => [key, writes - (before.find((each) => each.key === key)?.writes ?? 0)]),
    ).toEqual([
      ['backends/inline/shop', 1],
      ['backends/inline/web', 0],
      ['backends/~order', 0],
    ])
    // Both look at it again and again.
    const listed = await Promise.all(fronts.map(({ admin }) => admin.get('/api/backends')))
    await new Promise((resolve) => setTimeout(resolve, 3 * RECONCILE_MS))
    expect(await backendsIn(etcd)).toEqual(after)
    expect(told(listed[0])).toEqual(told(listed[1]))
  })

  it(`agree on one route that both write, ${ROUNDS} times each`, { timeout: FULL ? 600_000 : 60_000 }, async () => {
    const etcd = await startEtcd()
    onTestFinished(() => etcd.stop())
    const KV = `etcd://${etcd.endpoints.map((endpoint) => new URL(endpoint).host).join(',')}`
    const left = await startRoutedFront({ KV })
    const right = await startRoutedFront({ KV })
    const targets = await startNamedTargets(4)
    const write = async (front: RoutedFront, offset: number) => {
      for (let round = 0; round < ROUNDS; round++) {
        const target = targets[(round + offset) % targets.length]
        if (target) await put(front.agent, 'contested', target.url, { check: round % 3 === 0 })
        if (round % 7 === 6) await remove(front.agent, 'contested').catch(() => undefined)
      }
    }
    await Promise.all([write(left, 0), write(right, 2)])

    const any = new Map([['contested', new Set([null, ...targets.map(({ name }) => name)])]])
    await expectAcceptedState(left, any)
    await expectAcceptedState(right, any)
    const [one, other] = await Promise.all([left, right].map(({ haproxy }) => haproxy.map('hosts.map')))
    const ports = (map: Map<string, string> | undefined) =>
      [...(map ?? [])].map(([host, value]) => [host, value.split('|')[2]])
    expect(ports(one)).toEqual(ports(other))
  })
})

const RECONCILE_MS = 500
const HOST = 'shop.example.org'

const gatewayFile = (targets: ({ name: string; port: number } | undefined)[]) =>
  JSON.stringify({
    backends: [
      {
        name: 'shop',
        hosts: [HOST],
        servers: targets.map((each) => ({ name: each?.name, address: '127.0.0.1', port: each?.port })),
      },
      { name: 'web', hosts: ['www.example.org'], servers: [] },
    ],
  })

/** The names of those that do. */
async function answering({ ports }: RoutedFront): Promise<(string | undefined)[]> {
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(ports.http, HOST)))
  return [...new Set(answers.map(({ body }) => body.split(' ')[0]))].sort()
}

/** What is in the store of them, and how often each was written. */
async function backendsIn(etcd: EtcdCluster): Promise<{ key: string; writes: number }[]> {
  const all = { key: btoa('\0'), range_end: btoa('\0'), keys_only: true }
  const { kvs = [] } = await etcd.call<{ kvs?: { key: string; version: string }[] }>('/v3/kv/range', all)
  return kvs.flatMap(({ key, version }) => {
    const at = atob(key).indexOf('backends/')
    return at < 0 ? [] : [{ key: atob(key).slice(at), writes: Number(version) }]
  })
}

const told = ({ body }: { body: Record<string, unknown> } = { body: {} }) =>
  (body.backends as { name: string; revision: number; updatedAt: string }[]).map(({ name, revision, updatedAt }) => ({
    ...{ name, revision, updatedAt },
  }))
