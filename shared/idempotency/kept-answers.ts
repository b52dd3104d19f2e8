import { AppError } from '../errors.ts'
import type { KeyedHash } from '../identity/keyed-hash.ts'
import type { Entry, Kv } from '../kv/kv.ts'
import { sleep } from '../lib/sleep.ts'
import type { Vault } from '../pki/index.ts'
import { type KeptAnswer, openAnswer, sealAnswer } from './sealed-answer.ts'

interface Repeatable {
  /** Whose key it is: nobody's key is in anybody else's way. */
  scope: string
  key: string
  /** All that makes it this request and not another one. */
  request: string
  /** Not to be done twice at once. Without it nothing is written before there is an answer that may be kept. */
  isReserved: boolean
}

export interface Running {
  /** Keeps the answer. Gives back what is kept: another one's, if that was first. */
  keep(answer: KeptAnswer): Promise<KeptAnswer>
  /** A repeat is done anew. */
  forget(): Promise<void>
}

/** The answers of the last day, by the keys that callers gave them: the same key gets the same answer, on every front. */
export interface KeptAnswers {
  /** Waits for the first of equal calls. Throws IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS. */
  begin(call: Repeatable): Promise<{ kept: KeptAnswer } | { running: Running }>
}

export interface KeptAnswersOptions {
  kv: Kv
  hash: KeyedHash
  vault: Vault
  /** How long a repeat waits for the first. Default 30,000. */
  patienceMs?: number
}

interface Place {
  key: string
  request: string
}

type KeyRecord = { request: string } & ({ state: 'running' } | { state: 'done'; sealed: string })

const PREFIX = 'idempotency/'
const KEPT_SECONDS = 24 * 3_600
/** Renewed while a call runs. Whoever died leaves the key to others after this time. */
const LEASE_SECONDS = 15
const RENEW_MS = 5_000
const PAUSES_MS = { first: 10, longest: 250 }
/** Base64 of it is what a value of the store may hold, with room for the rest of the record. */
const MAX_SEALED_LENGTH = 500_000

export function createKeptAnswers({ kv, hash, vault, patienceMs = 30_000 }: KeptAnswersOptions): KeptAnswers {
  const reserve = async ({ key, request }: Place, version: number | null): Promise<number | null> => {
    const value: KeyRecord = { request, state: 'running' }
    const outcome = await kv.commit([{ key, version }], [{ key, value, expiresInSeconds: LEASE_SECONDS }])
    return outcome.ok ? outcome.revision : null
  }

  /** `version`: of what it reserved. */
  const start = (place: Place, version: number | null): Running => {
    const { key, request } = place
    let known = version
    let renewing: Promise<void> = Promise.resolve()
    const renew = async () => {
      known = (await reserve(place, known).catch(() => null)) ?? known
    }
    const timer = known === null ? undefined : setInterval(() => (renewing = renew()), RENEW_MS)
    const stop = async () => {
      clearInterval(timer)
      await renewing
    }
    const leave = async () => {
      if (known !== null) await kv.commit([{ key, version: known }], [{ key, delete: true }])
    }

    return {
      async keep(answer) {
        await stop()
        const sealed = await sealAnswer(vault, key, answer)
        // Too large for the store: a repeat is done anew, as it would be without a key.
        if (sealed.length > MAX_SEALED_LENGTH) {
          await leave()
          return answer
        }
        const value: KeyRecord = { request, state: 'done', sealed }
        const { ok } = await kv.commit([{ key, version: known }], [{ key, value, expiresInSeconds: KEPT_SECONDS }])
        return ok ? answer : ((await firstAnswer(place)) ?? answer)
      },
      async forget() {
        await stop()
        await leave()
      },
    }
  }

  const firstAnswer = async ({ key, request }: Place): Promise<KeptAnswer | null> => {
    const entry = await kv.get<KeyRecord>(key)
    return entry?.value.state === 'done' && entry.value.request === request
      ? openAnswer(vault, key, entry.value.sealed)
      : null
  }

  return {
    async begin({ scope, key: given, request: text, isReserved }) {
      const key = PREFIX + (await hash('idempotency key', `${scope}\n${given}`))
      const request = await hash('idempotent request', text)
      let waitedMs = 0
      for (let pauseMs = PAUSES_MS.first; ; pauseMs = Math.min(2 * pauseMs, PAUSES_MS.longest)) {
        const entry: Entry<KeyRecord> | null = await kv.get<KeyRecord>(key)
        if (entry === null) {
          const version = isReserved ? await reserve({ key, request }, null) : null
          if (version !== null || !isReserved) return { running: start({ key, request }, version) }
          continue
        }
        if (entry.value.request !== request) throw reused()
        if (entry.value.state === 'done') return { kept: await openAnswer(vault, key, entry.value.sealed) }
        if (waitedMs >= patienceMs) throw inProgress()
        waitedMs += pauseMs
        await sleep(pauseMs)
      }
    },
  }
}

const reused = () =>
  new AppError('IDEMPOTENCY_KEY_REUSED', 'This idempotency-key was sent with another request: take a new one for each')

const inProgress = () =>
  new AppError('IDEMPOTENCY_IN_PROGRESS', 'The first request with this idempotency-key is still running: try again', {
    headers: { 'retry-after': '5' },
  })
