import type { Backend } from '../domain/backend.ts'
import type { Check, Target } from '../domain/route-record.ts'
import { AppError } from '../errors.ts'
import type { NameAnswers, Targets } from '../targets/targets.ts'
import { type BackendRecord, isOtherBackend } from './backend-record.ts'
import { hostRefusal, type OwnHosts } from './own-hosts.ts'
import { targetOf } from './server-target.ts'

interface MakeOptions {
  provider: string
  targets: Targets
  answers: NameAnswers
  settings: OwnHosts
  nowMs: number
  changedBy: string
}

/** For whoever tells of a backend this machine is this machine. */
const THIS_MACHINE = '127.0.0.1'

/** What the store keeps of it: the same object where it says what it said before. Throws why it cannot be taken. */
export function makeRecord(backend: Backend, before: BackendRecord | null, options: MakeOptions): BackendRecord {
  for (const host of backend.hosts) {
    const refusal = hostRefusal(host, options.settings)
    if (refusal) throw refusal
  }
  const targets = pinnedTargets(backend, before, options)
  if (before && isSame([before.backend, before.targets], [backend, targets])) return before
  const { provider, nowMs, changedBy } = options
  const at = new Date(nowMs).toISOString()
  const check = targets.length === 0 ? (before?.check ?? false) : checkOfAll(targets)
  const isOther = before === null || isOtherBackend(before, { backend, check })
  return {
    provider,
    backend,
    targets,
    check,
    generation: isOther ? nextGeneration(before, nowMs) : before.generation,
    revision: (before?.revision ?? 0) + 1,
    createdAt: before?.createdAt ?? at,
    updatedAt: at,
    changedBy,
  }
}

/** Those that are checked are all asked the same. */
export const checkOfAll = (targets: readonly Target[]): Check => targets.find(({ check }) => check)?.check ?? false

/** By the clock, so that a name that was removed and made again does not meet what HAProxy may still have of it. */
const nextGeneration = (before: BackendRecord | null, nowMs: number) => Math.max((before?.generation ?? 0) + 1, nowMs)

function pinnedTargets(backend: Backend, before: BackendRecord | null, { targets, answers }: MakeOptions): Target[] {
  const known = new Map(before?.targets.map(({ name, host, address }) => [`${name} ${host}`, address]))
  return backend.servers.map((server) => {
    const request = targetOf(server, backend)
    const current = known.get(`${server.name} ${server.address}`)
    return targets.pin(request, { answers, targetIp: THIS_MACHINE, current })
  })
}

/** Where it leads by now; where nobody could say, or nobody was asked, there it leads still. */
export function pinAgain(targets: Targets, { address, ...request }: Target, answers: NameAnswers): Target {
  const answer = answers.get(request.host)
  if (answer === undefined || answer instanceof AppError) return { ...request, address }
  return targets.pin(request, { answers, targetIp: THIS_MACHINE, current: address })
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
