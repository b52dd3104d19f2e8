import { AppError } from '../errors.ts'
import { addressBlock } from '../lib/address-block.ts'
import { leakyBuckets } from '../lib/leaky-buckets.ts'

export interface Login {
  /** A key of 256 bits cannot be guessed: failures with one say nothing of its agent. Default true. */
  isGuessable?: boolean
  /** As it was asked for: known or not. At most a label, so that what is remembered stays small. */
  agentId: string
  address: string
}

export interface LoginThrottle {
  /** Throws TOO_MANY_REQUESTS when there were too many failures of late. */
  assertMayTry(login: Login): void
  failed(login: Login): void
  succeeded(login: Login): void
  /** How many things are remembered. */
  readonly size: number
}

export interface LoginThrottleOptions {
  now: () => number
  /** How many addresses, agents and trusted agents are remembered, each. Default 10,000. */
  size?: number
}

/** An address may stand for a whole network of agents. */
const PER_ADDRESS = { burst: 20, leakMs: 5_000 }
const PER_AGENT = { burst: 10, leakMs: 10_000 }
const LONGEST_MS = 15 * 60_000
const TRUSTED_ADDRESSES_PER_AGENT = 4

/**
 * Failed logins fill a bucket of their address and one of their agent, and a full one refuses the next try.
 * Where an agent succeeded before, neither counts, only the failures of that agent from that address: whoever floods
 * its name from elsewhere, or is its neighbour behind one address, does not lock it out.
 */
export function createLoginThrottle({ now, size = 10_000 }: LoginThrottleOptions): LoginThrottle {
  const addresses = leakyBuckets({ ...PER_ADDRESS, longestMs: LONGEST_MS, size })
  const agents = leakyBuckets({ ...PER_AGENT, longestMs: LONGEST_MS, size })
  const trustedPairs = leakyBuckets({ ...PER_AGENT, longestMs: LONGEST_MS, size })
  const trusted = trustedBlocks(size)

  const bucketsOf = ({ agentId, address, isGuessable = true }: Login) => {
    const block = addressBlock(address)
    if (trusted.has(agentId, block)) return [{ buckets: trustedPairs, name: `${agentId} ${block}` }]
    const ofAddress = { buckets: addresses, name: block }
    return isGuessable ? [ofAddress, { buckets: agents, name: agentId }] : [ofAddress]
  }

  return {
    assertMayTry(login) {
      const waitMs = Math.max(...bucketsOf(login).map(({ buckets, name }) => buckets.waitMs(name, now())))
      if (waitMs > 0) throw tooMany(Math.ceil(waitMs / 1_000))
    },
    // Tries that run side by side all count, also beyond what a bucket holds: the wait after them is the longer.
    failed: (login) => bucketsOf(login).forEach(({ buckets, name }) => void buckets.add(name, now())),
    succeeded: ({ agentId, address }) => trusted.add(agentId, addressBlock(address)),
    get size() {
      return addresses.size + agents.size + trustedPairs.size + trusted.size
    },
  }
}

/** The last few blocks of each agent, so that one which logs in from everywhere washes out only its own. */
function trustedBlocks(size: number) {
  const blocksOf = new Map<string, string[]>()
  return {
    has: (agentId: string, block: string) => blocksOf.get(agentId)?.includes(block) ?? false,
    add(agentId: string, block: string) {
      const others = (blocksOf.get(agentId) ?? []).filter((each) => each !== block)
      // Deleted first: a Map keeps the order of insertion, and the agent that was away longest goes.
      blocksOf.delete(agentId)
      if (blocksOf.size >= size) blocksOf.delete(blocksOf.keys().next().value as string)
      blocksOf.set(agentId, [...others, block].slice(-TRUSTED_ADDRESSES_PER_AGENT))
    },
    get size() {
      return blocksOf.size
    },
  }
}

const tooMany = (seconds: number) =>
  new AppError('TOO_MANY_REQUESTS', `Too many failed logins: try again in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  })
