import type { HostNames } from '../domain/make-route.ts'
import { targetsOf } from '../domain/make-route.ts'
import type { RouteInput, RouteRemoval } from '../domain/route-input.ts'
import { AppError } from '../errors.ts'
import { attempt, hostOf } from './edit.ts'
import type { Host } from './known.ts'

/** Removals come first; then what is put. */
export interface Batch {
  upsert: RouteInput[]
  remove: RouteRemoval[]
}

/** What is wrong with a part of a batch. */
export interface Problem {
  /** Such as `upsert[3]`. */
  where: string
  error: AppError
}

const MOST_DETAILS = 100

export const agentsOf = ({ upsert, remove }: Batch): string[] => [
  ...new Set([...remove, ...upsert].map(({ agentId }) => agentId)),
]

/** The hosts in it, each once. What has none is found wrong later. */
export function hostsOf({ upsert, remove }: Batch, names: HostNames): Host[] {
  const hosts = new Map<string, Host>()
  for (const part of [...remove, ...upsert]) {
    const host = attempt(() => hostOf(part, names))
    if (!(host instanceof AppError)) hosts.set(`${host.type}/${host.host}`, host)
  }
  return [...hosts.values()]
}

export function targetHostsOf({ upsert }: Batch): Set<string> {
  const hosts = new Set<string>()
  // The agent's own address needs no resolving: it is an address.
  for (const input of upsert) for (const { host } of targetsOf(input, '0.0.0.0')) hosts.add(host)
  return hosts
}

/** Of a single wish its own words; of several the first ones, and each in the details by its place. */
export function problemsError(problems: Problem[], isSingle: boolean): AppError | null {
  const [first] = problems
  if (first === undefined) return null
  if (isSingle) return first.error
  const sentences = problems.slice(0, MOST_DETAILS).map(({ where, error }) => `${where}: ${error.message}`)
  return new AppError(first.error.code, `Nothing was changed: ${sentences.slice(0, 3).join('; ')}`, {
    details: sentences,
  })
}
