import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { BackendRecord } from '../../shared/backends/backend-record.ts'
import { BY_HAND } from '../../shared/backends/backends.ts'
import { ANY_HOST } from '../../shared/backends/places.ts'
import { backendKey, PROVIDER_ORDER } from '../../shared/backends/store-keys.ts'
import type { BackendInput } from '../../shared/domain/backend.ts'
import { placeOf } from '../../shared/gateway/entries.ts'
import { createRouteTable } from '../../shared/gateway/route-table.ts'
import { backendRecord } from './backend-record.ts'
import { httpRoute } from './routes.ts'

const HOSTS = ['one.example.org', 'two.example.org', 'three.example.org']
const PREFIXES = [null, '/shop/']
const PROVIDERS = [BY_HAND, 'docker', 'file']

type Step =
  | { kind: 'backend'; provider: string; name: string; value: Omit<BackendInput, 'name' | 'servers'> | null }
  | { kind: 'order'; order: string[] }
  | { kind: 'agent'; host: string; there: boolean }

const someOf = <T>(all: T[]) => fc.subarray(all)
const settings = fc.record({
  hosts: someOf(HOSTS),
  pathPrefixes: someOf(PREFIXES).map((some) => some.flatMap((prefix) => prefix ?? '/')),
  default: fc.boolean(),
})
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('backend' as const),
      provider: fc.constantFrom(...PROVIDERS),
      name: fc.constantFrom('a', 'b', 'c'),
      value: fc.option(settings),
    }),
    fc.record({ kind: fc.constant('order' as const), order: fc.shuffledSubarray(PROVIDERS) }),
    fc.record({ kind: fc.constant('agent' as const), host: fc.constantFrom(...HOSTS), there: fc.boolean() }),
  ),
  { maxLength: 30 },
)

const keyOf = (step: Step): string =>
  step.kind === 'backend' ? backendKey(step.provider, step.name) : step.kind === 'order' ? PROVIDER_ORDER : step.host

/** Said again in the plainest way: who is at which place once everything was heard of. */
function model(all: Step[]): Map<string, string> {
  const last = new Map(all.map((step, i) => [keyOf(step), { step, version: i + 1 }]))
  const order = [...last.values()].flatMap(({ step }) => (step.kind === 'order' ? [step.order] : []))[0] ?? []
  const isAgents = (host: string) =>
    [...last.values()].some(({ step }) => step.kind === 'agent' && step.there && step.host === host)
  const rank = (provider: string) =>
    order.includes(provider) ? order.indexOf(provider) : order.length + [...PROVIDERS].sort().indexOf(provider)
  const backends = [...last.values()].flatMap(({ step, version }) =>
    step.kind === 'backend' && step.value ? [{ ...step, value: step.value, version }] : [],
  )
  const named = backends.filter(
    (one) => !backends.some((other) => other.name === one.name && rank(other.provider) < rank(one.provider)),
  )
  const places = new Map<string, string>()
  for (const host of [...HOSTS, ANY_HOST]) {
    for (const prefix of PREFIXES) {
      const wanting = named.filter(({ value: { hosts = [], pathPrefixes = [], default: isDefault } }) => {
        if (host === ANY_HOST && prefix === null && isDefault) return true
        const ofHost = host === ANY_HOST ? hosts.length === 0 && pathPrefixes.length > 0 : hosts.includes(host)
        return ofHost && (pathPrefixes.length === 0 ? prefix === null : pathPrefixes.includes(prefix ?? '/'))
      })
      const [first] = wanting.sort((a, b) => rank(a.provider) - rank(b.provider) || (a.name < b.name ? -1 : 1))
      if (first && !isAgents(host)) places.set(`${host} ${prefix}`, `backend:${first.name} ${first.version}`)
      else if (isAgents(host) && prefix === null) places.set(`${host} ${prefix}`, 'agent')
    }
  }
  return places
}

it('one has each place, whatever is told in whatever order, and HAProxy’s backends are those that are served', () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat({ max: 6 })), (all, delays) => {
      const table = createRouteTable()
      const told = all
        .flatMap((step, i) => [i, i].map((at) => ({ step, version: i + 1, at: at + (delays.next().value ?? 0) })))
        .sort((a, b) => a.at - b.at)
      for (const { step, version } of told) {
        if (step.kind === 'agent') {
          const route = step.there ? httpRoute({ host: step.host, id: `vps-1.${version}` }) : null
          table.put([{ key: `routes/vps-1/http/${step.host}/`, route, version }])
        } else if (step.kind === 'order') table.putBackends([{ key: PROVIDER_ORDER, value: step.order, version }])
        else {
          const value = step.value && backendRecord(step.provider, { name: step.name, ...step.value }, version)
          table.putBackends([{ key: keyOf(step), value, version }])
        }
      }
      const there = new Map<string, string>()
      for (const host of [...HOSTS, ANY_HOST]) {
        for (const pathPrefix of PREFIXES) {
          const route = table.at(placeOf({ type: 'http', host, pathPrefix }))?.route
          if (!route) continue
          const isAgents = route.agentId !== ''
          there.set(`${host} ${pathPrefix}`, isAgents ? 'agent' : `${route.id} ${route.generation}`)
        }
      }
      expect(there).toEqual(model(all))
      const served = [...there.values()].filter((who) => who !== 'agent').map((who) => `b:${who.replace(' ', ':')}`)
      expect([...table.backends.keys()].filter((name) => name.startsWith('b:backend:')).sort()).toEqual(
        [...new Set(served)].sort(),
      )
    }),
    { numRuns: 500 },
  )
})

it('a backend’s own stays as long as one of its places does', () => {
  const table = createRouteTable()
  const hosts = HOSTS.slice(0, 2)
  const tell = (value: BackendRecord | null, version: number) =>
    table.putBackends([{ key: backendKey(BY_HAND, 'a'), value, version }])
  tell(backendRecord(BY_HAND, { name: 'a', hosts }), 1)
  expect([...table.backends.keys()]).toEqual(['b:backend:a:1'])
  tell({ ...backendRecord(BY_HAND, { name: 'a', hosts: hosts.slice(1) }), revision: 2 }, 2)
  expect([...table.backends.keys()]).toEqual(['b:backend:a:1'])
  expect(table.currentBackend('backend:a')).toBe('b:backend:a:1')
  tell(null, 3)
  expect([...table.backends.keys(), table.currentBackend('backend:a'), table.size]).toEqual([undefined, 0])
})
