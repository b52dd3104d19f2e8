import { DataPlaneError } from '../dataplane/data-plane-error.ts'
import { folderOf } from '../lib/folder-of.ts'
import { sizeOf } from './map-diff.ts'
import type { NodeParts } from './node-parts.ts'
import type { NodeSettling } from './node-settling.ts'
import type { Repairs } from './repairs.ts'
import { runningBackends } from './running-backends.ts'

/** Up to this size everything is compared in each pass, above it once a minute. */
const SMALL = 10_000
/** The figures of a server are long. */
const FEW_BACKENDS = 1_000
const FULL_COMPARISON_MS = 60_000
const MOST_COMPARISONS = 3

export interface NodePass {
  /** Compares everything with what the node has, and mends it. Gives the revision up to which all entries were compared. */
  run(): Promise<number | null>
  /** Brings the certificates alone, to a node that was complete. */
  certify(): Promise<void>
  /** The next one compares everything. */
  compareAll(): void
}

export function createPass(parts: NodeParts, settling: NodeSettling, repairs: Repairs): NodePass {
  const { options, gate, condition, certificates, trust, configuration, maps, servers, folders } = parts
  const { name, dataPlane, table, now } = options
  let [complete, comparedAtMs] = [false, Number.NEGATIVE_INFINITY]

  /** What a node lacks that was never complete is no damage. */
  const report = (what: string[], why: string) => complete && repairs.add(what, why)

  /** Why things may be other than they were left. */
  const lookAtWorker = async (): Promise<{ restarted: boolean; why: string }> => {
    condition.dataPlaneVersion ??= (await dataPlane.info()).version
    // Not while a reload of our own replaces the worker.
    const [before, current] = await gate.run(async () => [condition.worker, await dataPlane.processInfo()] as const)
    const restarted = before !== null && (current.pid !== before.pid || current.uptime < before.uptime)
    condition.worker = current
    if (!restarted) return { restarted, why: 'changed from outside' }
    maps.forget()
    return { restarted, why: `HAProxy was restarted (process ${before?.pid} is ${current.pid} now)` }
  }

  const mendConfiguration = async (restarted: boolean, needsReload: boolean): Promise<string[]> => {
    folders.maps ??= await folderOfMaps()
    if (trust.paths === null) await trust.store()
    const altered = await gate.run(configuration.look)
    // What was renewed is no damage.
    if (await trust.store()) configuration.baseMoved()
    if (restarted || !complete) configuration.loaded(await runningBackends(dataPlane))
    if (configuration.plan().base || needsReload)
      await settling.carryOut(() => ({ ...configuration.plan(), base: true }))
    return altered
  }

  const mendMaps = async (): Promise<string[]> => {
    const wrong = await gate.run(maps.mend)
    const files = await gate.run(maps.store)
    return [
      ...wrong.map(({ map, diff }) => `${sizeOf(diff)} entries of ${map}`),
      ...files.map((map) => `file of ${map}`),
    ]
  }

  /** What is written while a node is down does not go to it, and it must be there when it is taken for up. */
  const mendAllMaps = async (why: string): Promise<number> => {
    for (let tries = 1; ; tries++) {
      const revision = table.revision
      report(await mendMaps(), why)
      if (condition.online || table.revision === revision || tries === MOST_COMPARISONS) return revision
    }
  }

  const folderOfMaps = async (): Promise<string> => {
    await gate.run(maps.store)
    const file = (await dataPlane.storedMaps()).find(({ storage_name }) => storage_name === 'hosts.map')
    if (!file) throw new DataPlaneError('unreachable', `${name} does not keep the maps that it is given`)
    return folderOf(file.file)
  }

  return {
    async run() {
      const { restarted, why } = await lookAtWorker()
      const { stored, needsReload } = await certificates.mend()
      // So that the maps' files say it before anything else is reloaded.
      if (!needsReload) await certificates.secureAll()
      report(
        stored.map((file) => `certificate ${file}`),
        'missing, or renewed',
      )
      const altered = await mendConfiguration(restarted, needsReload)
      report(altered, why)
      await certificates.secureAll()

      // A clock that was set back says nothing of the time since.
      const isDue = Math.abs(now() - comparedAtMs) >= FULL_COMPARISON_MS
      const seemsOther = restarted || altered.length > 0
      if (isDue || seemsOther || table.backends.size <= FEW_BACKENDS) report(await gate.run(servers.mend), why)
      let revision: number | null = null
      if (isDue || maps.size <= SMALL || !(await maps.seemsRight())) {
        revision = await mendAllMaps(why)
        comparedAtMs = now()
      }
      complete = true
      condition.recovered()
      await settling.removeUnused()
      await trust.tidy()
      return revision
    },
    async certify() {
      if (!complete) return
      const { needsReload } = await certificates.mend()
      if (needsReload) await settling.carryOut(() => ({ ...configuration.plan(), base: true }))
      await certificates.secureAll()
    },
    compareAll() {
      comparedAtMs = Number.NEGATIVE_INFINITY
    },
  }
}
