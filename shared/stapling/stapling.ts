import { knownEdges } from '../certificates/known-edges.ts'
import type { EdgeRecord, EdgeSummary } from '../certificates/records.ts'
import { edgeKey } from '../certificates/store-keys.ts'
import type { Kv } from '../kv/kv.ts'
import { createLeading, type Leading } from '../kv/leading.ts'
import { listAll } from '../kv/list-all.ts'
import { toCheck } from '../kv/transact.ts'
import { whileFollowing } from '../kv/while-following.ts'
import type { Log } from '../log/log.ts'
import { type Random, toBase64 } from '../pki/bytes.ts'
import { OcspProblem } from '../pki/ocsp/problem.ts'
import { ocspQuestion } from '../pki/ocsp/question.ts'
import { fromPem } from '../pki/pem.ts'
import { askResponder } from './ask-responder.ts'
import { knownStaples } from './known-staples.ts'
import { afterAnswer, afterFailure, isDue } from './next-record.ts'
import { STAPLES, STAPLING_LEASE, type StapleRecord, stapleKey } from './records.ts'

/** Asks the responders that certificates name whether these still hold, for HAProxy to staple what they say. */
export interface Stapling extends Leading {
  record(name: string): Promise<StapleRecord | null>
  records(): Promise<Map<string, StapleRecord>>
}

export interface StaplingOptions {
  kv: Kv
  log: Log
  now: () => number
  random: Random
  fetch: (request: Request) => Promise<Response>
  /** Whom the lease belongs to. */
  holder: string
  /** Nobody else uses the store. */
  ownsStore: boolean
  tickMs?: number
}

/** So many are asked at a time. */
const AT_ONCE = 8

export function createStapling(options: StaplingOptions): Stapling {
  const { kv, log, now, random, fetch, holder, ownsStore, tickMs = 5_000 } = options
  const chance = () => (random(1)[0] ?? 0) / 255
  const [edges, staples] = [knownEdges(kv, log), knownStaples(kv, log)]
  const ring = () => leading.wake()

  const ask = async ({ chain, ocsp }: EdgeRecord, signal: AbortSignal) => {
    const [leaf, issuer] = fromPem(chain)
    if (!ocsp || !leaf || !issuer) throw new OcspProblem('The issuer of the certificate is not known')
    const question = await ocspQuestion(leaf.der, issuer.der)
    const der = await askResponder(ocsp.responder, question.request, { fetch, signal })
    return { ...(await question.read(der, now())), der: toBase64(der) }
  }

  /** `true`: something is known of it now. */
  const tend = async ({ name, fingerprint }: EdgeSummary, signal: AbortSignal): Promise<boolean> => {
    const [edge, entry] = [await kv.get<EdgeRecord>(edgeKey(name)), await kv.get<StapleRecord>(stapleKey(name))]
    if (edge?.value.fingerprint !== fingerprint) return false
    const known = entry?.value
    let record: StapleRecord
    try {
      record = afterAnswer(edge.value, known, await ask(edge.value, signal), now(), chance())
    } catch (error) {
      if (signal.aborted) return false
      if (!(error instanceof OcspProblem)) log.error('Could not ask an OCSP responder', { name, error })
      const reason = error instanceof OcspProblem ? error.message : 'The certificate’s responder could not be asked'
      record = afterFailure(edge.value, known, reason, now(), chance())
    }
    const checks = [toCheck(edge), { key: stapleKey(name), version: entry?.version ?? null }]
    const outcome = await kv.commit(checks, [{ key: stapleKey(name), value: record }])
    if (!outcome.ok) return false
    staples.put(name, record)
    if (record.answer?.status === 'revoked' && known?.answer?.status !== 'revoked')
      log.warn('A certificate is revoked by its CA', { name })
    return true
  }

  const isAsked = (edge: EdgeSummary | undefined) => edge?.ocsp !== undefined && edge.notAfterMs > now()

  /** Of certificates that are gone, or of those whose CA runs no responder. */
  const forget = async () => {
    for (const name of staples.all.keys()) {
      if (isAsked(edges.all.get(name))) continue
      await kv.commit([], [{ key: stapleKey(name), delete: true }])
      staples.put(name, null)
    }
  }

  const lead = async (signal: AbortSignal, next: () => Promise<void>) => {
    const busy = new Map<string, Promise<unknown>>()
    try {
      while (!signal.aborted) {
        await forget()
        begin(busy, signal)
        await next()
      }
    } finally {
      await Promise.all(busy.values())
    }
  }

  /** With what is due, as far as there is room for it. */
  const begin = (busy: Map<string, Promise<unknown>>, signal: AbortSignal) => {
    for (const [name, edge] of edges.all) {
      if (busy.size >= AT_ONCE) break
      if (busy.has(name) || !isDue(edge, staples.all.get(name), now())) continue
      const done = tend(edge, signal)
        .then((isKnown) => isKnown && ring())
        .catch((error) => log.error('Could not keep the answer of an OCSP responder', { name, error }))
        .finally(() => busy.delete(name))
      busy.set(name, done)
    }
  }

  const failed = (error: unknown) => log.error('Could not look after what is stapled: trying again', { error })
  const leading = createLeading({ kv, key: STAPLING_LEASE, holder, ownsStore, tickMs, failed }, (signal, next) =>
    whileFollowing({ mirrors: [edges, staples], changed: ring }, signal, () => lead(signal, next)),
  )

  return {
    ...leading,
    record: async (name) => (await kv.get<StapleRecord>(stapleKey(name)))?.value ?? null,
    async records() {
      const found = new Map<string, StapleRecord>()
      for await (const { value } of listAll<StapleRecord>(kv, STAPLES)) found.set(value.name, value)
      return found
    },
  }
}
