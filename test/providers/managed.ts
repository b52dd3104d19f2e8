import { onTestFinished } from 'vitest'
import type { Backend, BackendInput } from '../../shared/domain/backend.ts'
import { createLog } from '../../shared/log/log.ts'
import { createProviderManager, type ProviderManager } from '../../shared/providers/manager.ts'
import type { BackendProvider } from '../../shared/providers/provider.ts'
import type { ConfiguredProvider } from '../../shared/providers/running-provider.ts'
import { type KeptBackends, keptBackends } from './kept-backends.ts'

export interface Managed {
  manager: ProviderManager
  kept: KeptBackends
  logged: Record<string, unknown>[]
  /** As soon as the log has a line of this message. */
  untilLogged(message: string): Promise<void>
  stateOf(name: string): Promise<Awaited<ReturnType<ProviderManager['states']>>[number]>
  /** The ports of a backend's servers, or null. */
  portsOf(provider: string, name: string): number[] | null
}

/** A manager over backends in memory. It ends with the test. */
export function manage({ kept = keptBackends(), reconcileIntervalMs = 5 } = {}): Managed {
  const logged: Record<string, unknown>[] = []
  const looks = new Set<() => void>()
  const log = createLog({
    level: 'debug',
    write(line) {
      logged.push(JSON.parse(line))
      for (const look of looks) look()
    },
  })
  const manager = createProviderManager({ backends: kept, log, now: Date.now, reconcileIntervalMs })
  onTestFinished(() => manager.stop())
  return {
    manager,
    kept,
    logged,
    untilLogged(message) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => {
        if (logged.some(({ msg }) => msg === message)) resolve()
      }
      looks.add(look)
      look()
      return promise
    },
    async stateOf(name) {
      const found = (await manager.states()).find((each) => each.name === name)
      if (!found) throw new Error(`there is no provider ${name}`)
      return found
    },
    portsOf: (provider, name) => portsOf(kept.all.get(provider)?.get(name)),
  }
}

const portsOf = (backend: Backend | undefined): number[] | null =>
  backend ? backend.servers.map(({ port }) => port) : null

export const configured = (
  name: string,
  open: () => BackendProvider,
  more: Partial<ConfiguredProvider> = {},
): ConfiguredProvider => ({ name, kind: 'test', print: name, open, ...more })

/** With a server on each of these ports. */
export const backend = (name: string, ...ports: number[]): BackendInput => ({
  name,
  servers: ports.map((port, i) => ({ name: `srv${i + 1}`, address: '127.0.0.1', port })),
})
