import { holdsCertificate } from '../../shared/lib/holds-certificate.ts'
import { authoritiesIn } from '../certificates/certificate.ts'
import { inPlaceOfFront } from '../client/in-place-of-front.ts'
import { createPinnedFetch } from '../client/pinned-fetch.ts'
import { distrustOf, isOutOfTime, reasonOf } from '../client/why-unreachable.ts'
import { readIfThere } from '../daemon/files.ts'
import { doubtful, type Finding, well, wrong } from './finding.ts'
import type { Patient } from './patient.ts'

const PATIENCE_MS = 5_000
/** From here on tokens and certificates may look expired, or not valid yet. */
const DOUBTFUL_CLOCK_MS = 30_000
const WRONG_CLOCK_MS = 5 * 60_000

type Asked = Pick<Patient, 'settings' | 'folder' | 'now' | 'signal'>

/** Whether the front is reached, by the CA that is known, and how its clock goes. */
export async function checkFront({ settings: { front }, folder, now, signal }: Asked): Promise<Finding[]> {
  const ca = await readIfThere(folder.certificates.ca)
  if (ca === null || !holdsCertificate(ca))
    return [wrong('front', 'is not known: there is no CA of it', 'cloudlunacy-agent init registers there')]
  const pinned = createPinnedFetch({ ca: front.trust === 'system' ? null : ca, address: front.address })
  const until = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  try {
    const response = await pinned.fetch(new Request(`${front.url}/api/health/live`, { signal: until }))
    await response.body?.cancel()
    const instead = inPlaceOfFront(response, new URL(front.url))
    if (instead !== null)
      return [wrong('front', instead, 'Its administrator has to see why; what is served is served on')]
    return [answered(front.url, response.status, ca), ...clock(response, now())]
  } catch (error) {
    return [unreachable(front, error as NodeJS.ErrnoException, { ca, nowMs: now() })]
  } finally {
    pinned.close()
  }
}

function answered(url: string, status: number, ca: string): Finding {
  if (status === 200) return well('front', `answers at ${url}; its CA is ${fingerprints(ca)}`)
  const advice = 'Something stands in its place: see that the URL in agent.yaml is the one of the front’s API'
  return wrong('front', `what answers at ${url} says ${status}, and is no front`, advice)
}

const fingerprints = (ca: string): string =>
  authoritiesIn(ca)
    .map(({ fingerprint256 }) => fingerprint256)
    .join(' or ')

function unreachable(
  { url, address }: Patient['settings']['front'],
  error: NodeJS.ErrnoException,
  { ca, nowMs }: { ca: string; nowMs: number },
): Finding {
  const { hostname, host } = new URL(url)
  const { code = '' } = error
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return wrong(
      'front',
      `${hostname} stands for no address`,
      'Set its DNS record, or "address" of the front in agent.yaml',
    )
  const distrust = distrustOf(error)
  if (isOutOfTime(error))
    return wrong(
      'front',
      `what answers at ${host} shows a certificate that cannot be used: ${distrust}`,
      `The clock says ${new Date(nowMs).toISOString()}. Set it by NTP: timedatectl set-ntp true. If it is right, the front has to renew its certificate, as it does when it runs`,
    )
  if (distrust !== null)
    return wrong(
      'front',
      `what answers at ${host} shows a certificate that the known CA has not signed (${distrust})`,
      `Known is ${fingerprints(ca)}. Ask the front’s administrator whether its CA is another now; then: cloudlunacy-agent init --force --ca-fingerprint …`,
    )
  const place = address === undefined ? host : `${host} (${address})`
  return wrong(
    'front',
    `cannot be reached at ${place}: ${reasonOf(error, PATIENCE_MS)}`,
    'Does it run, and do firewalls let this machine reach it?',
  )
}

function clock(response: Response, nowMs: number): Finding[] {
  const theirs = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(theirs)) return []
  const aheadMs = nowMs - theirs
  const offMs = Math.abs(aheadMs)
  if (offMs < DOUBTFUL_CLOCK_MS) return [well('clock', 'goes as the front’s')]
  const sentence = `is ${Math.round(offMs / 1_000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the front’s`
  const advice = 'Set it by NTP: timedatectl set-ntp true'
  return [offMs < WRONG_CLOCK_MS ? doubtful('clock', sentence, advice) : wrong('clock', sentence, advice)]
}
