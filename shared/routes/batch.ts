import type { HostNames } from '../domain/make-route.ts'
import { targetsOf } from '../domain/make-route.ts'
import type { RouteInput, RouteRemoval } from '../domain/route-input.ts'
import { AppError, MOST_DETAILS } from '../errors.ts'
import { firstOf } from '../lib/first-of.ts'
import { attempt, hostOf } from './edit.ts'
import type { Host } from './known.ts'

/** Removals come first; then what is put. */
export interface Batch {
  upsert: RouteInput[]
  remove: RouteRemoval[]
  /** Where each of them stood in what was sent, if some were left out. */
  places?: Record<ListName, number[]>
}

export type ListName = 'upsert' | 'remove'

/** What is wrong with a part of a batch. */
export interface Problem {
  list: ListName
  /** `null`: it is about all of them. */
  index: number | null
  field: string | undefined
  error: AppError
}

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

/** The custom domains that the agent's routes shall have. */
export const domainsIn = ({ upsert }: Batch, agentId: string): string[] =>
  upsert.flatMap((input) => (input.type === 'http' && input.agentId === agentId ? (input.options?.domains ?? []) : []))

export function targetHostsOf({ upsert }: Batch): Set<string> {
  const hosts = new Set<string>()
  // The agent's own address needs no resolving: it is an address.
  for (const input of upsert) for (const { host } of targetsOf(input, '0.0.0.0')) hosts.add(host)
  return hosts
}

/** Of a single wish its own words; of several the first ones, and each in the details by its place. */
export function problemsError(problems: Problem[], { isSingle = false, listName = 'upsert' } = {}): AppError | null {
  const sorted = problems.toSorted(byPlace)
  const [first] = sorted
  if (first === undefined) return null
  if (isSingle) return first.error
  const sentences = sorted.map((problem) => `${placeOf(problem, listName)}: ${problem.error.message}`)
  // What one may not do is said first of all that is wrong.
  const { code } = sorted.find(({ error }) => error.code === 'FORBIDDEN')?.error ?? first.error
  return new AppError(code, `Nothing was changed: ${firstOf(sentences, MOST_IN_A_SENTENCE).join('; ')}`, {
    details: firstOf(sentences, MOST_DETAILS),
  })
}

const MOST_IN_A_SENTENCE = 3

const byPlace = (one: Problem, other: Problem): number =>
  Number(one.list === 'remove') - Number(other.list === 'remove') || (one.index ?? -1) - (other.index ?? -1)

function placeOf({ list, index, field }: Problem, listName: string): string {
  const name = list === 'upsert' ? listName : list
  return `${name}${index === null ? '' : `[${index}]`}${field ? `.${field}` : ''}`
}
