const SECRET_NAME = /(?:key|token|secret|password|passphrase|authorization|cookie|credentials?)$/i
const SECRET_TEXT: [pattern: RegExp, shown: string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[private key]'],
  // In a header. After `authorization.bearer`, or in small letters, it may be a sentence that goes on with a word.
  [/(?<![\w.])(Bearer|Basic|BEARER|BASIC) +[\w.~+/=-]+/g, '$1 [redacted]'],
  [/(?<![\w.])(bearer|basic) +(?![a-z]{1,16}(?:[^\w.~+/=-]|\.?\s|\.?$))[\w.~+/=-]+/g, '$1 [redacted]'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '[jwt]'],
  // Credentials in an address: scheme://user:password@host
  [/(:\/\/)[^\s/@]+@/g, '$1[redacted]@'],
]

const DEPTH = 6

/** The same value for the log: what is named like a secret, or looks like one, is not in it. Errors become plain. */
export function redact(value: unknown, depth = DEPTH): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '[deeper]'
  if (value instanceof Error) return redactError(value, depth)
  if (Array.isArray(value)) return value.map((item) => redact(item, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redactField(name, item, depth)]))
}

export function redactText(text: string): string {
  return SECRET_TEXT.reduce((shown, [pattern, replacement]) => shown.replace(pattern, replacement), text)
}

/** The same value without these secrets, whatever they look like. */
export function conceal<T>(value: T, secrets: readonly string[]): T {
  if (typeof value === 'string') return wholeFirst(secrets).reduce<string>(without, value) as T
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => conceal(item, secrets)) as T
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, conceal(item, secrets)])) as T
}

/** One may be a part of another, of which the rest would be left. */
const wholeFirst = (secrets: readonly string[]) => secrets.toSorted((a, b) => b.length - a.length)

const without = (text: string, secret: string): string => text.replaceAll(secret, '[redacted]')

const redactField = (name: string, value: unknown, depth: number): unknown =>
  SECRET_NAME.test(name) && value !== null && value !== undefined ? '[redacted]' : redact(value, depth - 1)

function redactError(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error
  return {
    name,
    message: redactText(message),
    ...('code' in error && { code: redact(error.code) }),
    stack: redactText(stack ?? ''),
    ...(cause !== undefined && { cause: redact(cause, depth - 1) }),
  }
}
