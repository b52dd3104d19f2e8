import { expect, it, onTestFinished } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { describeEtcd } from '../support/describe-etcd.ts'
import { startEtcd } from '../support/etcd.ts'
import { startNamedTargets } from '../support/named-targets.ts'
import { put, type RoutedFront, remove, startRoutedFront } from '../support/routed-front.ts'

const FULL = process.env.FAULTS === 'full'
const ROUNDS = FULL ? 500 : 40

describeEtcd('faults: two fronts on one etcd', () => {
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
