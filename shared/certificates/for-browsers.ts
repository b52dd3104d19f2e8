import type { CertificateDescription } from '../pki/index.ts'
import type { EdgeRecord } from './records.ts'

export const LETS_ENCRYPT = {
  staging: 'https://acme-staging-v02.api.letsencrypt.org/directory',
  production: 'https://acme-v02.api.letsencrypt.org/directory',
} as const

/** Whether it is one that browsers trust: somebody's own word for it, or that of an ACME server that is no rehearsal. */
export const isTrusted = ({
  origin,
  directory,
  trusted = true,
}: Pick<EdgeRecord, 'origin' | 'directory' | 'trusted'>): boolean =>
  trusted && origin !== 'front' && directory !== LETS_ENCRYPT.staging

export const isForBrowsers = (edge: Parameters<typeof isTrusted>[0] & { notAfterMs: number }, nowMs: number): boolean =>
  isTrusted(edge) && edge.notAfterMs > nowMs

/**
 * Why no browser trusts it, whatever was said of it; null: nothing shows. A CA that nobody knows looks like one that a
 * company's browsers know.
 */
export function whyNotTrusted(
  { subject, issuer, issuerKeyId }: CertificateDescription,
  ownCas: readonly { id: string }[],
): string | null {
  if (issuer === subject) return 'it has signed itself'
  if (ownCas.some(({ id }) => id === issuerKeyId)) return 'the front’s own CA has signed it'
  // How Let's Encrypt names its CAs that nobody is to trust.
  return issuer.includes('(STAGING)') ? 'it is one of a rehearsal' : null
}
