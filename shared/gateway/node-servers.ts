import type { DataPlane } from '../dataplane/data-plane.ts'
import { isFault } from '../dataplane/data-plane-error.ts'
import type { NativeStat, Server } from '../dataplane/models.ts'
import type { Route } from '../domain/route-record.ts'
import { allOfThem } from '../lib/all-of-them.ts'
import type { BackendOf } from './backend/backend-of.ts'
import { isOurBackend } from './backend/names.ts'
import { isMovingServer } from './backend/servers.ts'
import { changeServers, drainServer, stateOf } from './change-servers.ts'
import type { ServerChange } from './server-changes.ts'

/** The servers of the routes' backends, as the worker has them. */
export interface NodeServers {
  /**
   * Puts right what is not as it was left; names it. Learns which backends have servers that do not answer, and which
   * servers are leaving. `refuse` hears of what takes a reload.
   */
  mend(): Promise<string[]>
  isDegraded(backend: string): boolean
  /** One of its servers was taken away. */
  leaves(backend: string): void
  readonly hasLeaving: boolean
  /** Removes those that have ended what they had; how many. */
  removeLeft(): Promise<number>
}

export interface NodeServersOptions {
  dataPlane: DataPlane
  backendOf: BackendOf
  /** All of the routes' backends that stand; as they were left, or null where that is not known. */
  standing: ReadonlyMap<string, Route | null>
  needsReload(backend: string, reason: string): void
}

const COMPARED = ['addr', 'uweight', 'weight', 'status']
const BUSY = ['status', 'scur', 'qcur']

/** Up to so many backends are asked for one by one. */
const FEW = 20
/** While it is at it everything else waits. */
const MOST_AT_A_TIME = 100
const AT_ONCE = 16

export function nodeServers({ dataPlane, backendOf, standing, needsReload }: NodeServersOptions): NodeServers {
  let degraded = new Set<string>()
  const leaving = new Set<string>()

  const wantedOf = (backend: string): Readonly<Record<string, Server>> | null => {
    const route = isOurBackend(backend) ? standing.get(backend) : null
    return route ? (backendOf(route).servers ?? {}) : null
  }

  /** Of a backend without servers HAProxy tells nothing. */
  const seenServers = async (): Promise<Map<string, NativeStat[]>> => {
    const seen = new Map([...standing.keys()].map((backend) => [backend, [] as NativeStat[]]))
    for (const stat of await dataPlane.stats({ type: 'server', columns: COMPARED }))
      seen.get(stat.backend_name ?? '')?.push(stat)
    return seen
  }

  const compare = (backend: string, wanted: Readonly<Record<string, Server>>, seen: readonly NativeStat[]) => {
    const changes: ServerChange[] = []
    const found: string[] = []
    const note = (kind: ServerChange['kind'], server: Server, what: string) => {
      changes.push({ kind, server })
      found.push(`server ${server.name} of ${backend} (${what})`)
    }
    const names = new Set(seen.map(({ name }) => name))
    for (const server of Object.values(wanted)) if (!names.has(server.name)) note('add', server, 'missing')
    for (const { name, stats } of seen) {
      const server = wanted[name]
      if (!server) leaving.add(backend)
      const differs = server ? whatDiffers(server, stats) : []
      if (server && differs.length > 0) note('set', server, differs.join(', '))
    }
    const isDegraded = seen.some((stat) => wanted[stat.name] && isDown(stat))
    return { changes, found, isDegraded }
  }

  /** What came there from outside, or left while nobody looked, gets nothing new either. */
  const letLeave = async ({ backend_name: backend = '', name, stats }: NativeStat): Promise<boolean> => {
    if (isIn(stats)) {
      await drainServer(dataPlane, backend, name)
      return false
    }
    try {
      await dataPlane.deleteRuntimeServer(backend, name)
      return true
    } catch (error) {
      // Connections that are kept open for later go within seconds.
      if (isFault(error, 'refused')) return false
      throw error
    }
  }

  const seenOfLeaving = async (): Promise<NativeStat[]> => {
    if (leaving.size > FEW) return await dataPlane.stats({ type: 'server', columns: BUSY })
    const all: NativeStat[] = []
    for (const parent of leaving) all.push(...(await dataPlane.stats({ type: 'server', parent, columns: BUSY })))
    return all
  }

  return {
    async mend() {
      const all = [...(await seenServers())].flatMap(([backend, seen]) => {
        const wanted = wantedOf(backend)
        return wanted ? [{ backend, ...compare(backend, wanted, seen) }] : []
      })
      degraded = new Set(all.flatMap(({ backend, isDegraded }) => (isDegraded ? [backend] : [])))
      const [lost, others] = parted(all, ({ changes }) => changes.some(isLost))
      for (const { backend, found } of lost) needsReload(backend, found[0] ?? '')
      const refusals = await changeServers(dataPlane, others)
      for (const [backend, reason] of refusals) needsReload(backend, reason)
      return all.flatMap(({ found }) => found)
    },

    isDegraded: (backend) => degraded.has(backend),

    leaves(backend) {
      leaving.add(backend)
    },

    get hasLeaving() {
      return leaving.size > 0
    },

    async removeLeft() {
      const seen = await seenOfLeaving()
      const wanted = new Map([...leaving].map((backend) => [backend, wantedOf(backend)]))
      const all = seen.filter(({ name, backend_name: backend = '' }) => {
        const servers = wanted.get(backend)
        return servers && !servers[name]
      })
      const due = all.filter(({ stats }) => isIn(stats) || !isBusy(stats)).slice(0, MOST_AT_A_TIME)
      const left = await allOfThem(due, AT_ONCE, async (stat) => ((await letLeave(stat)) ? [stat] : []))
      const gone = new Set(left.flat())
      leaving.clear()
      for (const stat of all) if (!gone.has(stat)) leaving.add(stat.backend_name ?? '')
      return gone.size
    },
  }
}

const isIn = ({ status }: NativeStat['stats']): boolean => !/^(?:MAINT|DRAIN)/.test(String(status))

const isBusy = ({ scur = 0, qcur = 0 }: NativeStat['stats']): boolean => Number(scur) + Number(qcur) > 0

const isDown = ({ stats }: NativeStat): boolean => String(stats.status).startsWith('DOWN')

/** What it was made of is in the file alone. */
const isLost = ({ kind, server }: ServerChange): boolean => kind === 'add' && !isMovingServer(server.name)

/** A column that this HAProxy does not show tells nothing. */
function whatDiffers(server: Server, stats: NativeStat['stats']): string[] {
  const { addr, uweight, weight, status } = stats
  const { address, port } = server
  const shown = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  const isUp = /^(?:UP|no check)/.test(String(status))
  const share = uweight ?? weight
  return [
    ...(addr !== undefined && addr !== '' && addr !== shown ? [`address ${addr}`] : []),
    ...(isUp && typeof share === 'number' && server.weight !== undefined && share !== server.weight
      ? [`weight ${share}`]
      : []),
    ...(isIn(stats) === (stateOf(server) === 'ready') ? [] : [`state ${status}`]),
  ]
}

function parted<T>(all: readonly T[], belongs: (each: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((each) => !belongs(each))]
}
