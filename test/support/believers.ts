import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { NamedTarget } from './named-targets.ts'
import { put, type RoutedFront, remove } from './routed-front.ts'

/** What a name may lead to, as far as its only writer knows: names of targets, or null where there is no route. */
export type Belief = ReadonlySet<string | null>

/** Writers that put, change and delete routes without end, each its own, and know what was promised to them. */
export interface Believers {
  beliefs: ReadonlyMap<string, Belief>
  /** Writes that were answered well. */
  accepted(): number
  more(count: number): Promise<void>
  /** Resolves when the next write is on its way. */
  nextBegins(): Promise<void>
  stop(): Promise<void>
}

export interface BelieverOptions {
  writers: number
  routesPerWriter: number
  /** Every second route has a backend of its own, unless this says that all or none have. */
  check?: boolean
  pauseMs?: number
}

/** Also while no HAProxy can be reached. */
const ACCEPTED = [200, 201, 202]

export function startBelievers(
  routed: RoutedFront,
  targets: readonly NamedTarget[],
  { writers, routesPerWriter, check, pauseMs = 2 }: BelieverOptions,
): Believers {
  const beliefs = new Map<string, Set<string | null>>()
  const looking = new Set<() => void>()
  let [accepted, stopped, begin] = [0, false, Promise.withResolvers<void>()]

  const write = async (name: string, target: NamedTarget | null, isChecked: boolean) => {
    const belief = beliefs.get(name) ?? new Set([null])
    const wasThere = !belief.has(null)
    // Nobody knows of a write that is not answered whether it was carried out.
    beliefs.set(name, belief.add(target?.name ?? null))
    begin.resolve()
    begin = Promise.withResolvers()
    if (target) await put(routed.agent, name, target.url, { check: isChecked }, { statuses: ACCEPTED })
    else if (wasThere) await remove(routed.agent, name)
    else return
    beliefs.set(name, new Set([target?.name ?? null]))
    accepted++
    for (const look of looking) look()
  }

  const run = async (writer: number) => {
    for (let turn = 0; !stopped; turn++) {
      const route = turn % routesPerWriter
      const target = (turn + writer) % 3 === 2 ? null : (targets[(turn + writer) % targets.length] ?? null)
      await write(`w${writer}-${route}`, target, check ?? route % 2 === 0).catch(() => sleep(20))
      await sleep(pauseMs)
    }
  }

  const running = Array.from({ length: writers }, (_, writer) => run(writer))
  const stop = async () => {
    stopped = true
    await Promise.all(running)
  }
  onTestFinished(stop)
  const more = (count: number) => {
    const enough = accepted + count
    return new Promise<void>((resolve) => {
      const look = () => {
        if (accepted < enough) return
        looking.delete(look)
        resolve()
      }
      looking.add(look)
    })
  }
  return { beliefs, accepted: () => accepted, more, nextBegins: () => begin.promise, stop }
}
