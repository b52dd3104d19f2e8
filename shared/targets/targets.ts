import type { Target, TargetRequest } from '../domain/route-record.ts'
import { isAddress } from '../domain/target-host.ts'
import { AppError } from '../errors.ts'
import { allOfThem } from '../lib/all-of-them.ts'
import { addressKind, unwrapped } from './address-kind.ts'
import type { ServicePlace } from './around-data-plane.ts'
import type { TargetPolicy } from './policy.ts'
import type { NameAnswer, Resolve } from './resolve.ts'

/** What names stood for when they were asked, or why that is not known. */
export type NameAnswers = Map<string, NameAnswer | AppError>

interface PinOptions {
  answers: NameAnswers
  /** Where the agent says that it is. */
  targetIp: string
  /** The address that is used so far: it stays as long as it is among the answers. */
  current: string | undefined
}

export interface Targets {
  /** Those of the hosts that are names, few at a time. Addresses that carry others are given as those. */
  resolve(hosts: Iterable<string>): Promise<NameAnswers>
  /** The target with the address to connect to. Throws TARGET_REFUSED. */
  pin(request: TargetRequest, options: PinOptions): Target
  /** Looks again what the front's own services are. */
  refresh(): Promise<void>
}

const AT_ONCE = 16
const THIS_MACHINE = '127.0.0.1'

export interface TargetsOptions {
  policy: TargetPolicy
  resolve: Resolve
  /** What the nodes that were added listen on. */
  nodes?: () => Promise<ServicePlace[]>
  now?: () => number
}

/** Where nobody looks from time to time what the front's own services are, whoever needs to know does. */
const OLDEST_KNOWLEDGE_MS = 60_000

export function createTargets({ policy, resolve, nodes, now = Date.now }: TargetsOptions): Targets {
  let [asked, askedMs] = [new Set<string>(), Number.NEGATIVE_INFINITY]

  const ask = async (name: string): Promise<[string, NameAnswer | AppError]> => {
    try {
      const { addresses, ttlSeconds } = await resolve(name)
      return [name, { addresses: addresses.map(unwrapped), ttlSeconds }]
    } catch (error) {
      if (error instanceof AppError) return [name, error]
      throw error
    }
  }
  const resolveAll = async (hosts: Iterable<string>): Promise<NameAnswers> => {
    const names = [...new Set(hosts)].filter((host) => !isAddress(host) && !isLocalName(host))
    return new Map(await allOfThem(names, AT_ONCE, ask))
  }

  /** One forbidden address is enough: who answers with it may answer with that one alone the next time. */
  const addressesOf = (host: string, port: number, { answers, targetIp }: PinOptions): string[] => {
    if (isAddress(host)) return [unwrapped(host)]
    const refusal = policy.refusalOfName(host, port)
    if (refusal !== null) throw refused(host, refusal)
    if (isLocalName(host)) return [localAddress(host, targetIp)]
    const answer = answers.get(host)
    if (answer === undefined || answer instanceof AppError) throw answer ?? refused(host, 'was not resolved')
    return answer.addresses
  }

  const refresh = async () => {
    if (nodes) policy.meet(await nodes())
    asked = new Set(policy.ownNames)
    askedMs = now()
    const answers = await resolveAll(asked)
    const known = [...answers].flatMap(([host, answer]) =>
      answer instanceof AppError ? [] : [{ host, addresses: answer.addresses }],
    )
    policy.know(known)
  }

  const lookAtOwn = async () => {
    if (nodes) policy.meet(await nodes())
    const isOld = Math.abs(now() - askedMs) > OLDEST_KNOWLEDGE_MS
    if (policy.ownNames.some((name) => isOld || !asked.has(name))) await refresh()
  }

  return {
    async resolve(hosts) {
      await lookAtOwn()
      return resolveAll(hosts)
    },

    pin(request, options) {
      const { host, port } = request
      const addresses = addressesOf(host, port, options)
      for (const address of addresses) {
        const refusal = policy.refusalOfAddress(address, port)
        if (refusal !== null) throw refused(`${host}:${port}`, addressed(host, address, refusal))
      }
      const { current } = options
      const address = current !== undefined && addresses.includes(current) ? current : preferred(addresses)
      return { ...request, address }
    },

    refresh,
  }
}

const isLocalName = (host: string) => host === 'localhost' || host.endsWith('.localhost')

/** An agent means its own machine by it, which is this one only where it says so. */
function localAddress(host: string, targetIp: string): string {
  if (addressKind(unwrapped(targetIp)) === 'loopback') return THIS_MACHINE
  throw refused(host, 'is another machine to everybody: give the address that the front can reach')
}

/** The same one whatever order a resolver gives them in; IPv4 first, which more networks carry. */
function preferred(addresses: string[]): string {
  const [first] = addresses.toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')) || (a < b ? -1 : 1))
  if (first === undefined) throw new RangeError('an answer without an address')
  return first
}

const addressed = (host: string, address: string, refusal: string) =>
  host === address ? refusal : `stands for ${address}, which ${refusal}`

const refused = (target: string, why: string) => new AppError('TARGET_REFUSED', `The target ${target} ${why}`)
