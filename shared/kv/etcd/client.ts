import { sleep } from '../../lib/sleep.ts'
import { Refusal, unavailable } from './failure.ts'
import type { Transport } from './transport.ts'

export interface CallOptions {
  /** By `now`; without it, `callMs` from now. */
  deadlineMs?: number
  /** An attempt broke off, so nobody knows whether it was carried out. */
  onBroken?: () => void
}

export interface Client {
  deadline(): number
  /** Asks one member after another, until one answers or the time is over. */
  call<T>(path: string, body: object, options?: CallOptions): Promise<T>
  /** The member that is asked now, or the one after this. */
  member(after?: string): string
  /** After so many failures in a row: how long an answer may take, and what to wait before asking again. */
  limitMs(failures: number): number
  pauseMs(failures: number): number
}

export interface ClientOptions {
  endpoints: string[]
  transport: Transport
  /** A member that has not answered by then may be dead, or may have lost its leader. */
  attemptMs: number
  callMs: number
  random: () => number
  now: () => number
}

export function createClient({ endpoints, transport, attemptMs, callMs, random, now }: ClientOptions): Client {
  // Another start in each process spreads them over the members.
  let current = endpoints[Math.floor(random() * endpoints.length)] as string

  const after = (endpoint: string) => endpoints[(endpoints.indexOf(endpoint) + 1) % endpoints.length] as string
  const pauseMs = (failures: number) => random() * Math.min(250, 20 * 2 ** failures)
  // What etcd is sent during an election it never answers, even when it soon has a leader: so ask again at short
  // intervals; but longer once all were asked twice, or a cluster that is merely slow would be asked in vain for ever.
  const limitMs = (failures: number) =>
    failures === 0 ? attemptMs : Math.min(callMs, (attemptMs / 2) * 2 ** Math.floor(failures / endpoints.length / 2))

  return {
    deadline: () => now() + callMs,
    member: (previous) => (previous === undefined ? current : after(previous)),
    limitMs,
    pauseMs,

    async call<T>(path: string, body: object, { deadlineMs = now() + callMs, onBroken }: CallOptions = {}): Promise<T> {
      const text = JSON.stringify(body)
      let cause: unknown
      for (let failures = 0; ; failures++) {
        const leftMs = deadlineMs - now()
        if (leftMs <= 0) throw unavailable('The store is unavailable: etcd did not answer in time', cause)
        const endpoint = current
        try {
          return await transport.ask<T>(endpoint, path, text, Math.min(limitMs(failures), Math.ceil(leftMs)))
        } catch (error) {
          if (error instanceof Refusal) throw error
          cause = error
        }
        onBroken?.()
        // Of many calls that fail together, one moves on and the others follow.
        if (current === endpoint) current = after(endpoint)
        await sleep(Math.min(pauseMs(failures), Math.max(deadlineMs - now(), 0)))
      }
    },
  }
}
