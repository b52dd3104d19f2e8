/** What Node says where a certificate is not good for whom was asked. */
const DISTRUST = /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT)/

const OUT_OF_TIME = /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/

/** Whether the certificate is out of its time, or this machine's clock is wrong: nobody here can tell which. */
export function isOutOfTime(error: unknown): boolean {
  const { code = '', cause } = (error ?? {}) as { code?: unknown; cause?: unknown }
  return OUT_OF_TIME.test(String(code)) || (cause !== undefined && isOutOfTime(cause))
}

/** The reason in words, where the connection ended since the other side could not prove who it is. */
export function distrustOf(error: unknown): string | null {
  const { code = '', message = '', cause } = (error ?? {}) as { code?: unknown; message?: string; cause?: unknown }
  if (OUT_OF_TIME.test(String(code))) return `${message} by this machine’s clock`
  // Behind the semicolon Node has advice, which would be none here.
  if (DISTRUST.test(String(code))) return message.split('; ')[0] ?? ''
  return cause === undefined ? null : distrustOf(cause)
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'its name stands for no address',
  EAI_AGAIN: 'its name cannot be looked up at this moment',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
}

/** In words. Node says "fetch failed" or "aborted", and why one step further down. */
export function reasonOf(error: unknown, timeoutMs?: number): string {
  const { code = '', name, message = String(error), cause } = (error ?? {}) as NodeJS.ErrnoException
  if (name === 'TimeoutError')
    return timeoutMs === undefined ? 'no answer in time' : `no answer in ${timeoutMs / 1000} s`
  if (cause !== undefined) return reasonOf(cause, timeoutMs)
  if (code in REASONS) return `${REASONS[code]} (${code})`
  return message === '' ? String(code || error) : message
}

interface Attempt {
  what?: string
  timeoutMs?: number
}

/** Why no answer of the front came back. */
export function whyUnreachable(url: URL, error: unknown, { what = 'cannot be reached', timeoutMs }: Attempt = {}) {
  const distrust = distrustOf(error)
  if (distrust === null)
    return {
      code: 'UNREACHABLE',
      sentence: `The front at ${url.origin} ${what}: ${reasonOf(error, timeoutMs)}`,
    } as const
  const sentence = `What answers at ${url.origin} cannot prove that it is the front: ${distrust}`
  return { code: 'DISTRUSTED', sentence } as const
}
