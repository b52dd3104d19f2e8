/**
 * What went wrong, as far as a caller acts on it:
 * - unreachable: no answer, or one that no Data Plane API gives; whether the call took effect is not known
 * - refused: HAProxy does not want this configuration, certificate or command; the reason is HAProxy's own
 * - conflict: somebody else changed the configuration meanwhile, more often than it was tried again
 * - missing: the object does not exist there
 * - unsupported: this Data Plane API has no such call
 * - unauthorized: user or password are wrong
 */
export type DataPlaneFault = 'unreachable' | 'refused' | 'conflict' | 'missing' | 'unsupported' | 'unauthorized'

export const isFault = (error: unknown, fault: DataPlaneFault): error is DataPlaneError =>
  error instanceof DataPlaneError && error.fault === fault

/** The message may be shown: it carries no credentials, no PEM block and no path of the node. */
export class DataPlaneError extends Error {
  readonly fault: DataPlaneFault
  readonly status: number | null
  /** HAProxy's check passed and the start did not: the old worker serves on. */
  readonly reloadFailed: boolean

  constructor(
    fault: DataPlaneFault,
    message: string,
    { status = null, reloadFailed = false }: { status?: number | null; reloadFailed?: boolean } = {},
  ) {
    super(message)
    this.name = 'DataPlaneError'
    this.fault = fault
    this.status = status
    this.reloadFailed = reloadFailed
  }
}
