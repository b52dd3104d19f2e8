import { AppError } from '../shared/errors.ts'

/** What one of the platforms cannot do. */
export type Feature = 'logs' | 'node-ca'

/** Why each of them cannot be done here, in a sentence for who asks. */
export type Lacks = { readonly [feature in Feature]?: string }

/** Answers 501 with the reason where the platform cannot do it. */
export function assertHas(lacks: Lacks, feature: Feature): void {
  const reason = lacks[feature]
  if (reason !== undefined) throw new AppError('NOT_SUPPORTED', reason)
}
