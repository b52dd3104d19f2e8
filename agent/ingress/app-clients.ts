import type { Upstream } from '../config/upstream.ts'
import type { AppClient } from './app-client.ts'
import { createH2cClient } from './h2c-client.ts'
import { createHttp1Client } from './http1-client.ts'
import { keyOf } from './key-of.ts'
import type { Limits } from './limits.ts'

/** Those of all apps. One that is named no more is closed. */
export interface AppClients {
  of(upstream: Upstream): AppClient
  keep(upstreams: Upstream[]): void
}

const SWEEP_MS = 1_000

export function createAppClients(limits: Limits): AppClients {
  const clients = new Map<string, AppClient>()
  let sweeping: NodeJS.Timeout | null = null

  const sweep = () => {
    for (const client of clients.values()) client.sweep()
  }

  return {
    of(upstream) {
      const key = keyOf(upstream)
      const known = clients.get(key)
      if (known) return known
      const client = (upstream.protocol === 'h2c' ? createH2cClient : createHttp1Client)(upstream, limits)
      clients.set(key, client)
      sweeping ??= setInterval(sweep, SWEEP_MS).unref()
      return client
    },

    keep(upstreams) {
      const kept = new Set(upstreams.map(keyOf))
      for (const [key, client] of clients) {
        if (kept.has(key)) continue
        clients.delete(key)
        client.close()
      }
      if (clients.size > 0 || !sweeping) return
      clearInterval(sweeping)
      sweeping = null
    },
  }
}
