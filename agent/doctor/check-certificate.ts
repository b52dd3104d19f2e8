import { stat } from 'node:fs/promises'
import { factsOf, fitsTogether, renewalMs } from '../certificates/certificate.ts'
import { readCertificate } from '../certificates/files.ts'
import { doubtful, type Finding, well, wrong } from './finding.ts'
import type { Patient } from './patient.ts'

/** What the agent has been told to do a while ago, and has not done, is doubtful. */
const OVERDUE_MS = 3_600_000
const OTHERS = 0o077

/** The agent's certificate: whether it can be used, and by nobody else. */
export async function checkCertificate({ settings, folder, now }: Patient): Promise<Finding[]> {
  const { certificates: paths } = folder
  const found = await readCertificate(paths)
  if (!found) return [wrong('certificate', 'there is none yet', 'cloudlunacy-agent up gets one from the front')]
  const rights = await Promise.all([folder.key, paths.key, paths.mongodb].map(checkRights))
  return [...rights.flat(), usable(found, settings.agent, now())]
}

async function checkRights(path: string): Promise<Finding[]> {
  const mode = await stat(path).then(
    (found) => found.mode,
    () => null,
  )
  if (mode === null)
    return [wrong('certificate', `${path} is missing`, 'cloudlunacy-agent certs renew writes all files anew')]
  if ((mode & OTHERS) === 0) return []
  return [wrong('certificate', `others may read ${path}, which is secret`, `chmod 600 ${path}`)]
}

function usable(found: Parameters<typeof fitsTogether>[0], agentId: string, nowMs: number): Finding {
  const renew = 'cloudlunacy-agent certs renew gets another one'
  if (!fitsTogether(found, agentId)) {
    const sentence = 'certificate, key and CA do not belong together, or to another agent'
    return wrong('certificate', sentence, renew)
  }
  const facts = factsOf(found.cert)
  const expiresAt = new Date(facts.notAfterMs).toISOString()
  if (facts.notAfterMs <= nowMs) return wrong('certificate', `has expired at ${expiresAt}`, renew)
  if (facts.notBeforeMs > nowMs)
    return wrong(
      'certificate',
      'is not valid yet: this machine’s clock is wrong',
      'Set it by NTP: timedatectl set-ntp true',
    )
  if (renewalMs(facts) + OVERDUE_MS < nowMs)
    return doubtful(
      'certificate',
      `should have been renewed, and expires at ${expiresAt}`,
      `Does the agent run? ${renew}`,
    )
  return well('certificate', `is good for ${facts.names.join(', ')} until ${expiresAt}`)
}
