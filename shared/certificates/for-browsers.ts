import type { EdgeRecord } from './records.ts'

export const LETS_ENCRYPT = {
  staging: 'https://acme-staging-v02.api.letsencrypt.org/directory',
  production: 'https://acme-v02.api.letsencrypt.org/directory',
} as const

/** Whether it is one that browsers trust: somebody's own word for it, or that of an ACME server that is no rehearsal. */
export const isForBrowsers = (
  { origin, directory, notAfterMs }: Pick<EdgeRecord, 'origin' | 'directory' | 'notAfterMs'>,
  nowMs: number,
): boolean => origin !== 'front' && directory !== LETS_ENCRYPT.staging && notAfterMs > nowMs
