import { z } from 'zod'
import { LETS_ENCRYPT } from '../shared/certificates/for-browsers.ts'

const ACME_PARTS = ['apps', 'mongodb', 'api'] as const

const words = (text: string) =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

const hostName = z
  .string()
  .max(240)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/)
const visible = z.string().regex(/^[\x21-\x7e]{1,1000}$/, 'must be visible ASCII without spaces')
const server = z.string().regex(/^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\])(?::[1-9]\d{0,4})?$/)

/** The variables for certificates that browsers trust. */
export const ACME_VARIABLES = {
  ACME: z
    .string()
    .default('off')
    .refine(isDirectory, 'must be off, staging, production, or the https URL of an ACME directory')
    .transform((text) => (text === 'off' ? null : text in LETS_ENCRYPT ? LETS_ENCRYPT[text as 'staging'] : text)),
  ACME_EMAIL: z.email('must be an address such as admin@example.com').optional(),
  ACME_EAB_KEY_ID: visible.optional(),
  ACME_EAB_HMAC_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{16,1000}={0,2}$/, 'must be base64url, as the ACME server gave it out')
    .optional(),
  ACME_CA: z.string().min(1).optional(),
  ACME_FOR: z
    .string()
    .default(ACME_PARTS.join())
    .transform(words)
    .pipe(z.array(z.enum(ACME_PARTS), `must be some of ${ACME_PARTS.join(', ')}, with commas`)),
  ACME_NAMES: z
    .string()
    .default('')
    .transform(words)
    .pipe(z.array(hostName, 'must be host names such as shop.example.com, with commas').max(10_000)),
  ACME_DNS: z
    .string()
    .refine(isDnsProvider, 'must be cloudflare, rfc2136://SERVER:PORT, or the https URL of a webhook')
    .optional(),
  ACME_DNS_SECRET: visible.optional(),
  ACME_DNS_SERVERS: z
    .string()
    .transform(words)
    .pipe(z.array(server, 'must be addresses, perhaps with ports, with commas'))
    .optional(),
}

type AcmeConfig = z.output<z.ZodObject<typeof ACME_VARIABLES>>

/** What fits together only with another variable. */
export function acmeClashes(config: AcmeConfig): string[] {
  const { ACME_EAB_KEY_ID: keyId, ACME_EAB_HMAC_KEY: hmacKey, ACME_DNS: dns, ACME_DNS_SECRET: secret } = config
  const mistakes: string[] = []
  if ((keyId === undefined) !== (hmacKey === undefined))
    mistakes.push('ACME_EAB_KEY_ID and ACME_EAB_HMAC_KEY must both be set, or neither')
  if (dns !== undefined && secret === undefined)
    mistakes.push('ACME_DNS_SECRET must be set with ACME_DNS: a token, a TSIG key, or what the webhook is signed with')
  if (dns?.startsWith('rfc2136:') && secret !== undefined && !TSIG.test(secret))
    mistakes.push('ACME_DNS_SECRET must be a TSIG key: NAME:BASE64, or ALGORITHM:NAME:BASE64')
  return mistakes
}

/** `[algorithm:]name:secret`, as nsupdate takes it. */
export const TSIG = /^(?:hmac-sha(256|384|512):)?([A-Za-z0-9._-]{1,200}):([A-Za-z0-9+/]+={0,2})$/

function isDirectory(text: string): boolean {
  if (text === 'off' || text in LETS_ENCRYPT) return true
  return isSafeUrl(text)
}

function isDnsProvider(text: string): boolean {
  return (
    text === 'cloudflare' ||
    /^rfc2136:\/\/(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[1-9]\d{0,4})?$/.test(text) ||
    isSafeUrl(text)
  )
}

/** Plain only to this machine itself. */
function isSafeUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(url.hostname))
  )
}
