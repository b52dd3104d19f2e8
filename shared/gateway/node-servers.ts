import type { DataPlane } from '../dataplane/data-plane.ts'
import type { NativeStat, Server } from '../dataplane/models.ts'
import type { Route } from '../domain/route-record.ts'
import type { BackendOf } from './backend/backend-of.ts'
import { isOurBackend } from './backend/names.ts'

/** The servers of the routes' backends, as the worker has them. */
export interface NodeServers {
  /** Puts right what was changed by hand; names it. Learns which backends have servers that do not answer. */
  mend(): Promise<string[]>
  isDegraded(backend: string): boolean
}

export function nodeServers(
  dataPlane: DataPlane,
  backendOf: BackendOf,
  /** The route as its backend was left; null where that is not known. */
  standing: (backend: string) => Route | null,
): NodeServers {
  let degraded = new Set<string>()

  const mendOne = async (backend: string, server: Server, stat: NativeStat['stats']): Promise<string[]> => {
    const differs = whatDiffers(server, stat)
    if (differs.length === 0) return []
    const { address, port, weight } = server
    await dataPlane.setRuntimeServer(backend, server.name, { address, port, weight, admin_state: 'ready' })
    return [`server ${server.name} of ${backend} (${differs.join(', ')})`]
  }

  return {
    async mend() {
      const found: string[] = []
      const down = new Set<string>()
      for (const { name, backend_name: backend = '', stats } of await dataPlane.stats({ type: 'server' })) {
        const route = isOurBackend(backend) ? standing(backend) : null
        const server = route && backendOf(route).servers?.[name]
        if (!server) continue
        if (String(stats.status).startsWith('DOWN')) down.add(backend)
        found.push(...(await mendOne(backend, server, stats)))
      }
      degraded = down
      return found
    },
    isDegraded: (backend) => degraded.has(backend),
  }
}

/** A column that this HAProxy does not show tells nothing. */
function whatDiffers({ address, port, weight }: Server, { addr, uweight, status }: NativeStat['stats']): string[] {
  const shown = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  return [
    ...(addr !== undefined && addr !== '' && addr !== shown ? [`address ${addr}`] : []),
    ...(typeof uweight === 'number' && weight !== undefined && uweight !== weight ? [`weight ${uweight}`] : []),
    ...(/^(?:MAINT|DRAIN)/.test(String(status)) ? [`state ${status}`] : []),
  ]
}
