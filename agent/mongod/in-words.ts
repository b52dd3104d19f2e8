/** What a person can do about an error of the driver's. */
const ADVICE: [code: number | string, sentence: string][] = [
  [13, 'the user of "admin" may not do it: give it the role hostManager'],
  [18, 'refused the user or the password of "admin"'],
  [59, 'is too old to take a certificate while it runs (it needs MongoDB 5.0): restart it'],
]

const TLS_MISSING = /wrong version number|packet length too long|connection .* closed/i

/** An error of the driver's, without the connection string. */
export function driverErrorInWords(error: unknown): string {
  const { code, message = String(error), cause } = error as { code?: number; message?: string; cause?: unknown }
  const known = ADVICE.find(([each]) => each === code)?.[1]
  if (known !== undefined) return known
  if (TLS_MISSING.test(message))
    return 'speaks no TLS: "cloudlunacy-agent certs mongod" prints what its configuration needs'
  if (/ECONNREFUSED/.test(message)) return 'does not run: nobody listens there'
  return cause instanceof Error && message === '' ? cause.message : message
}
