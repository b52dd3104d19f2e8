import { createGate } from '../../shared/lib/gate.ts'
import type { Log } from '../../shared/log/log.ts'
import type { CertificateFiles } from '../client/api.ts'
import type { FrontClient } from '../client/front-client.ts'
import type { CertificatePaths } from '../config/folder.ts'
import { createLoop, type Loop } from '../daemon/loop.ts'
import {
  type Certificate,
  type CertificateFacts,
  factsOf,
  fitsTogether,
  needsRenewal,
  renewalMs,
} from './certificate.ts'
import { readCertificate, writeAuthorities, writeCertificate } from './files.ts'
import { requestCertificate } from './request.ts'

/** A new CA signs a week after it was made: so often it is looked for. */
const LOOK_EVERY_MS = 10 * 60_000
/** The loop tries again by itself, and a person who waits wants to know. */
const PATIENCE_MS = 5_000

export interface KeeperOptions {
  agentId: string
  front: FrontClient
  paths: CertificatePaths
  /** Whose key it is: made here, or by the front. Asked for each time. */
  from(): 'csr' | 'front'
  /** The front's clock. */
  now: () => number
  pauseMs(error: unknown, failures: number): number
  log: Log
  /** The files have been written, and this is in them. */
  changed(certificate: Certificate): void
}

/** The agent's certificate and the CAs that it believes: kept in files, renewed in time, CAs followed as they come and go. */
export interface Keeper extends Loop {
  /** What the files have; `null`: nothing that could be used. */
  load(): Promise<Certificate | null>
  /** Gets one, where there is none that is good. */
  ensure(signal: AbortSignal): Promise<void>
  /** Another certificate now, whatever the present one says. */
  renew(signal: AbortSignal): Promise<CertificateFacts>
  /** Something has happened to it at the front: see whether it is still good. */
  doubt(): void
  readonly report: { facts: CertificateFacts | null; lastError: string | null }
}

export function createKeeper(options: KeeperOptions): Keeper {
  const { agentId, front, paths, from, now, log, changed, pauseMs } = options
  let current: Certificate | null = null
  let facts: CertificateFacts | null = null
  let lastError: string | null = null
  /** In monotonic time: since when another one would be no better, as this one was out of its time when it came. */
  let uselessSinceMs: number | null = null
  const oneAtATime = createGate()

  const take = async (certificate: Certificate) => {
    await writeCertificate(paths, certificate)
    current = certificate
    facts = factsOf(certificate.cert)
    uselessSinceMs = needsRenewal(facts, now()) ? performance.now() : null
    log.info('Certificate written', { expiresAt: new Date(facts.notAfterMs).toISOString() })
    if (uselessSinceMs !== null) log.warn('It is out of its time by the front’s clock, which must have been set anew')
    changed(certificate)
    return facts
  }
  const byRequest = async (signal: AbortSignal) => {
    const { key, csr } = await requestCertificate(agentId)
    const { certificates } = await front.signCsr(csr, { signal, patienceMs: PATIENCE_MS })
    return take({ ca: certificates.ca, cert: certificates.cert, key })
  }
  const handedOver = async ({ ca, cert, key }: CertificateFiles, signal: AbortSignal) => {
    if (key === null) {
      log.warn(
        'The front has no key to hand over: this agent once kept its own. It asks for a certificate of a new one',
      )
      return byRequest(signal)
    }
    return take({ ca, cert, key })
  }
  const renew = async (signal: AbortSignal) => {
    if (from() === 'csr') return byRequest(signal)
    return handedOver((await front.renewCertificate({ signal, patienceMs: PATIENCE_MS })).certificates, signal)
  }
  const first = async (signal: AbortSignal) =>
    from() === 'csr' ? byRequest(signal) : handedOver((await front.configuration({ signal })).certificates, signal)

  /** What the front says is signed by whom the agent believed until now. */
  const followAuthorities = async (signal: AbortSignal) => {
    const { ca } = await front.authorities({ signal })
    if (!current || ca === current.ca) return
    await writeAuthorities(paths, ca)
    current = { ...current, ca }
    log.info('The front’s CAs have changed')
    changed(current)
  }
  /** Whether it was revoked, or replaced by another agent of the same name, while nobody here could hear of it. */
  const isInForce = async (signal: AbortSignal) => {
    const { certificates } = await front.configuration({ signal })
    return plainFingerprint(certificates.fingerprint) === plainFingerprint(facts?.fingerprint ?? '')
  }
  let isDoubtful = true
  const isDue = (of: CertificateFacts) =>
    needsRenewal(of, now()) && (uselessSinceMs === null || performance.now() - uselessSinceMs >= LOOK_EVERY_MS)
  const ensure = async (signal: AbortSignal) => {
    if (!current || !facts) await first(signal)
    else if (isDue(facts) || (isDoubtful && !(await isInForce(signal)))) await renew(signal)
    isDoubtful = false
  }
  const look = async (signal: AbortSignal) => {
    // First, since its answer tells what the front's clock says.
    await followAuthorities(signal)
    await ensured(signal)
    lastError = null
    if (!facts || needsRenewal(facts, now())) return LOOK_EVERY_MS
    return Math.min(LOOK_EVERY_MS, Math.max(renewalMs(facts) - now(), 1_000))
  }
  const ensured = (signal: AbortSignal) => oneAtATime.run(() => ensure(signal))
  const loop = createLoop({
    once: look,
    pauseMs(error, failures) {
      const before = lastError
      lastError = error instanceof Error ? error.message : String(error)
      if (lastError !== before)
        log.warn('The certificate could not be looked after; it is tried again', { error: lastError })
      return pauseMs(error, failures)
    },
  })
  return {
    ...loop,
    ensure: ensured,
    renew: (signal) => oneAtATime.run(() => renew(signal)),
    doubt() {
      isDoubtful = true
      loop.wake()
    },
    async load() {
      const found = await readCertificate(paths)
      if (!found || !fitsTogether(found, agentId)) return null
      current = found
      facts = factsOf(found.cert)
      return found
    },
    get report() {
      return { facts, lastError }
    },
  }
}

const plainFingerprint = (text: string) => text.replaceAll(':', '').toLowerCase()
