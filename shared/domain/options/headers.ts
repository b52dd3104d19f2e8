import { z } from 'zod'

/** HAProxy keeps 1 KiB free for what it adds to a request; what it was sent leaves room for more, mostly. */
const LONGEST = 2_048
const MOST = 32

/** Of one connection, or of the message's own form: they are HAProxy's to say. */
const CONNECTION = [
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
/** Who the client is, and what it asked for: what a server believes of the front. */
const FORWARDING =
  /^(?:forwarded|via|proxy|host|expect|http2-settings|x-(?:forwarded|real|front|original|rewrite|client-ip|cluster-client-ip).*|cf-connecting-ip|true-client-ip)$/

const isOfConnection = (name: string) => CONNECTION.includes(name)

function refusalOfRequest(name: string): string | null {
  if (isOfConnection(name)) return 'belongs to the connection, not to the request'
  if (name === 'host') return 'is set by hostHeader'
  return FORWARDING.test(name) ? 'is set by the front itself' : null
}

function refusalOfResponse(name: string): string | null {
  if (isOfConnection(name)) return 'belongs to the connection, not to the answer'
  return name.startsWith('x-front-') ? 'is set by the front itself' : null
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,998}[\x21-\x7e])?$/

type Refusal = (name: string) => string | null

/** A header with underscores is the same to many servers. */
const plain = (name: string) => name.toLowerCase().replaceAll('_', '-')

function problemsOf(changes: Record<string, string | null>, refusalOf: Refusal): [name: string, problem: string][] {
  const names = Object.keys(changes)
  const problems = names.flatMap((name, i): [string, string][] => {
    const refusal = NAME.test(name) ? refusalOf(plain(name)) : 'must be letters, digits, - and _, 64 at most'
    if (refusal !== null) return [[name, refusal]]
    const other = names.slice(0, i).find((each) => plain(each) === plain(name))
    return other === undefined ? [] : [[name, `is the same header as ${other}`]]
  })
  if (names.length > MOST) problems.push(['', `must have at most ${MOST} of them`])
  const length = Object.entries(changes).reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0) + 4, 0)
  return length <= LONGEST ? problems : [...problems, ['', `must have at most ${LONGEST} characters together`]]
}

const headerChanges = (refusalOf: Refusal, meta: { description: string; example: Record<string, string | null> }) =>
  z
    .record(z.string(), z.string().regex(VALUE, 'must be visible ASCII, 1000 characters at most').nullable())
    .superRefine((changes, context) => {
      for (const [name, message] of problemsOf(changes, refusalOf)) {
        context.addIssue({ code: 'custom', message, path: name === '' ? [] : [name] })
      }
    })
    .meta({ ...meta, propertyNames: { pattern: NAME.source }, maxProperties: MOST })

export const RequestHeaders = headerChanges(refusalOfRequest, {
  description:
    'Headers that requests get on their way to the server, in place of any of their name; null takes it away',
  example: { 'X-Environment': 'production', Cookie: null },
})
export const ResponseHeaders = headerChanges(refusalOfResponse, {
  description: 'Headers that the server’s answers get, in place of any of their name; null takes it away',
  example: { 'Strict-Transport-Security': 'max-age=31536000', Server: null },
})
export type HeaderChanges = z.infer<typeof RequestHeaders>
