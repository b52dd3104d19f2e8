import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { startNamedTargets } from '../support/named-targets.ts'
import { kill } from '../support/processes.ts'
import { put, type RoutedFront, startRoutedFront } from '../support/routed-front.ts'

/** Of somebody who keeps a section of their own in the same file. */
const FOREIGN = `
# Not the front's.
backend foreign
  mode http
  # a comment, and an odd indentation
      server one 127.0.0.1:1   check inter 10m
  server two 127.0.0.1:2 disabled
`

interface Damage {
  what: string
  /** What the repair names. */
  named: RegExp
  /** Damages what stands, and says when that is mended. */
  inflict(routed: RoutedFront, otherPort: number): Promise<(() => unknown) | undefined>
}

const DAMAGES: Damage[] = [
  {
    what: 'an emptied map',
    named: /hosts\.map/,
    async inflict({ haproxy }) {
      await haproxy.command(`clear map ${await haproxy.mapPath('hosts.map')}`)
      return async () => expect((await haproxy.map('hosts.map')).size).toBe(2)
    },
  },
  {
    what: 'an entry of a map that leads elsewhere',
    named: /hosts\.map/,
    async inflict({ haproxy, hostOf }, otherPort) {
      await haproxy.command(
        `set map ${await haproxy.mapPath('hosts.map')} ${hostOf('lane')} http|127.0.0.1|${otherPort}||`,
      )
      return undefined
    },
  },
  {
    what: 'an entry of a map that nobody asked for',
    named: /hosts\.map/,
    async inflict({ haproxy, hostOf }, otherPort) {
      await haproxy.command(
        `add map ${await haproxy.mapPath('hosts.map')} ${hostOf('ghost')} http|127.0.0.1|${otherPort}||`,
      )
      return async () => expect([...(await haproxy.map('hosts.map')).keys()]).not.toContain(hostOf('ghost'))
    },
  },
  {
    what: 'a map file that was written by hand',
    named: /hosts\.map/,
    async inflict({ haproxy, hostOf }, otherPort) {
      const path = await haproxy.mapPath('hosts.map')
      writeFileSync(path, `${hostOf('lane')} http|127.0.0.1|${otherPort}||\n`)
      return () => expect(readFileSync(path, 'utf8')).toContain(hostOf('backend'))
    },
  },
  {
    what: 'a backend of a route that is gone from the configuration',
    named: /backend b:/,
    inflict: editing('backend of its own', () => null),
  },
  {
    what: 'a backend of a route that was altered',
    named: /backend b:/,
    inflict: editing('backend of its own', (section, otherPort) =>
      section.replace(/(server s1 127\.0\.0\.1:)\d+/, `$1${otherPort}`),
    ),
  },
  {
    what: 'a frontend that is gone from the configuration',
    named: /frontend front_http/,
    inflict: editing('frontend front_http', () => null),
  },
  {
    what: 'a frontend that was altered',
    named: /frontend front_http/,
    inflict: editing('frontend front_http', (section) => section.replace('\n', '\n  http-request deny\n')),
  },
  {
    what: 'a server that was sent elsewhere on the socket',
    named: /s1/,
    async inflict({ haproxy }, otherPort) {
      const server = `${await ownBackend(haproxy)}/s1`
      await haproxy.command(`set server ${server} addr 127.0.0.1 port ${otherPort}`)
      return undefined
    },
  },
  {
    what: 'a server that was put into maintenance on the socket',
    named: /s1/,
    async inflict({ haproxy }) {
      await haproxy.command(`set server ${await ownBackend(haproxy)}/s1 state maint`)
      return undefined
    },
  },
  {
    what: 'a certificate file that is gone',
    named: /certificate/,
    async inflict({ haproxy }) {
      const folder = join(dirname(haproxy.configPath()), 'ssl')
      const [file = ''] = readdirSync(folder)
      const before = readFileSync(join(folder, file), 'utf8')
      rmSync(join(folder, file))
      return () => expect(readFileSync(join(folder, file), 'utf8')).toBe(before)
    },
  },
]

it('finds all that was damaged, mends it, and says so', { timeout: 120_000 }, async () => {
  const front = await frontWithTwoRoutes()
  for (const damage of DAMAGES) {
    await expectMended(front, damage).catch((cause) => {
      throw new Error(`not mended: ${damage.what}`, { cause })
    })
  }
})

async function expectMended({ routed, other, accepted }: FrontWithTwoRoutes, { named, inflict }: Damage) {
  const before = await repairsOf(routed)
  const saidBefore = putRight(routed).length
  const isMended = await inflict(routed, other.port)
  await vi.waitFor(async () => expect(await repairsOf(routed)).toBeGreaterThan(before), {
    timeout: 15_000,
    interval: 50,
  })
  if (isMended) await vi.waitFor(isMended, { timeout: 15_000, interval: 50 })
  await expectAcceptedState(routed, accepted)
  expect(foreignLines(routed)).toEqual(FOREIGN.trim().split('\n').slice(1))

  const [node] = (await routed.admin.get('/api/nodes')).body.nodes as NodeAnswer[]
  expect(node?.lastRepair?.what).toMatch(named)
  await vi.waitFor(() => expect(putRight(routed).slice(saidBefore)).toMatch(named))
  await expectNoMoreRepairs(routed)
}

it.each([
  { what: 'a killed HAProxy', inflict: ({ haproxy }: RoutedFront) => kill(haproxy.master().pid) },
  { what: 'a killed worker', inflict: ({ haproxy }: RoutedFront) => kill(haproxy.currentWorker().pid) },
])('finds $what and has all back', async ({ inflict }) => {
  const { routed, accepted } = await frontWithTwoRoutes()
  inflict(routed)
  await expectAcceptedState(routed, accepted)
  expect(foreignLines(routed)).toEqual(FOREIGN.trim().split('\n').slice(1))
})

it('finds an old configuration in the place of the new one and brings it up to date', async () => {
  const { routed, accepted, target } = await frontWithTwoRoutes()
  const path = routed.haproxy.configPath()
  const old = readFileSync(path, 'utf8')
  await put(routed.agent, 'later', target.url, {}, { waitSeconds: 20 })
  accepted.set('later', new Set([target.name]))
  const before = await repairsOf(routed)
  writeFileSync(path, old)
  await vi.waitFor(async () => expect(await repairsOf(routed)).toBeGreaterThan(before), {
    timeout: 15_000,
    interval: 50,
  })
  await expectAcceptedState(routed, accepted)
  await expectNoMoreRepairs(routed)
})

type FrontWithTwoRoutes = Awaited<ReturnType<typeof frontWithTwoRoutes>>

interface NodeAnswer {
  repairs: number
  lastRepair: { what: string; why: string } | null
}

/** One in the lane, one with a backend of its own, and a foreign section beside them. */
async function frontWithTwoRoutes() {
  const routed = await startRoutedFront({ RECONCILE_INTERVAL_MS: '200' })
  const [target, other] = await startNamedTargets(2)
  if (!target || !other) throw new Error('no targets')
  await put(routed.agent, 'lane', target.url, { check: false })
  await put(routed.agent, 'backend', target.url, {}, { waitSeconds: 20 })
  appendFileSync(routed.haproxy.configPath(), FOREIGN)
  await put(routed.agent, 'backend', target.url, { balance: 'leastconn' }, { waitSeconds: 20 })
  const accepted = new Map(['lane', 'backend'].map((name) => [name, new Set<string | null>([target.name])]))
  await expectAcceptedState(routed, accepted)
  await expectNoMoreRepairs(routed)
  return { routed, target, other, accepted: accepted.set('ghost', new Set([null])) }
}

/** Of the section that begins so; `null` takes it away. */
function editing(begin: string, edit: (section: string, otherPort: number) => string | null): Damage['inflict'] {
  return async ({ haproxy }, otherPort) => {
    const path = haproxy.configPath()
    const text = readFileSync(path, 'utf8')
    const wanted = begin === 'backend of its own' ? `backend ${await ownBackend(haproxy)}` : begin
    const sections = text.split(/^(?=\w)/m)
    const edited = sections.map((section) =>
      section.startsWith(`${wanted} `) ? (edit(section, otherPort) ?? '') : section,
    )
    expect(edited).not.toEqual(sections)
    writeFileSync(path, edited.join(''))
    return () => expect(readFileSync(path, 'utf8')).not.toBe(edited.join(''))
  }
}

async function ownBackend(haproxy: RoutedFront['haproxy']): Promise<string> {
  const values = [...(await haproxy.map('hosts.map')).values()].map((value) => value.split('|')[4])
  return values.find((backend) => backend) ?? ''
}

async function repairsOf({ admin }: RoutedFront): Promise<number> {
  return ((await admin.get('/api/nodes')).body.nodes as NodeAnswer[]).reduce((sum, { repairs }) => sum + repairs, 0)
}

/** What is mended is not found again. */
async function expectNoMoreRepairs(routed: RoutedFront): Promise<void> {
  const before = await repairsOf(routed)
  for (let pass = 0; pass < 2; pass++) await routed.admin.post(`/api/nodes/${routed.node}/reconcile`, {})
  expect(await repairsOf(routed)).toBe(before)
}

/** The log's lines of repairs. */
const putRight = ({ front }: RoutedFront) =>
  front()
    .output()
    .split('\n')
    .filter((line) => line.includes('Put right'))
    .join('\n')

/** Of the foreign section, as they stand in the file now. */
function foreignLines({ haproxy }: RoutedFront): string[] {
  const text = readFileSync(haproxy.configPath(), 'utf8')
  const [section = ''] = /^backend foreign\n(?:[ \t]+.*\n?|\n)*/m.exec(text) ?? []
  return section.trimEnd().split('\n')
}
