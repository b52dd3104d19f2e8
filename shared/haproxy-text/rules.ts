import { expression, flag, headers, option, type Part, type RuleFields, tagged, word } from './rule-parts.ts'
import { HaproxyTextError } from './text-error.ts'
import { parseTimeMs, printTimeMs } from './time.ts'
import { checkInteger, checkOneOf, checkWords } from './words.ts'

/** How a type of rule is written: its action, what stands in brackets behind it, and the rest. */
interface RuleForm {
  action: string
  bracket?: Bracket
  parts: readonly Part[]
}

interface Bracket {
  fields: readonly string[]
  print(rule: RuleFields): string
  parse(text: string, into: RuleFields): boolean
}

const VARIABLE = /^[A-Za-z][A-Za-z0-9_.]*$/
const SCOPES = ['proc', 'sess', 'txn', 'req', 'res', 'check'] as const

const variable: Bracket = {
  fields: ['var_scope', 'var_name'],
  print(rule) {
    const scope = checkOneOf('var_scope', rule.var_scope, SCOPES)
    if (typeof rule.var_name !== 'string' || !VARIABLE.test(rule.var_name))
      throw new HaproxyTextError('var_name must be letters, digits, dots and underscores')
    return `(${scope}.${rule.var_name})`
  },
  parse(text, into) {
    const found = /^\(([a-z]+)\.([A-Za-z0-9_.]+)\)$/.exec(text)
    if (!found) return false
    into.var_scope = found[1]
    into.var_name = found[2]
    return true
  },
}

/** A counter's number right behind the action: `track-sc0`, `sc-inc-gpc0(0)`. */
const counter = (field: string, before = '', after = ''): Bracket => ({
  fields: [field],
  print: (rule) => `${before}${checkInteger(field, rule[field] ?? 0, { max: 99 })}${after}`,
  parse(text, into) {
    const digits = text.slice(before.length, after ? -after.length : undefined)
    if (!/^\d{1,2}$/.test(digits)) return false
    into[field] = Number(digits)
    return true
  },
})

const plain = (action: string, ...parts: Part[]): RuleForm => ({ action, parts })
const answer = [
  option('content-type', 'return_content_type'),
  tagged(
    'return_content_format',
    ['string', 'lf-string', 'file', 'lf-file', 'errorfile', 'errorfiles', 'default-errorfiles'],
    'return_content',
  ),
  headers('return_hdrs'),
]
const denial = [option('deny_status', 'deny_status', { number: true }), ...answer]

const BOTH_WAYS: Record<string, RuleForm> = {
  'add-header': plain('add-header', word('hdr_name'), word('hdr_format')),
  'set-header': plain('set-header', word('hdr_name'), word('hdr_format')),
  'del-header': plain('del-header', word('hdr_name'), option('-m', 'hdr_method')),
  'replace-header': plain('replace-header', word('hdr_name'), word('hdr_match'), word('hdr_format')),
  'replace-value': plain('replace-value', word('hdr_name'), word('hdr_match'), word('hdr_format')),
  'set-var': { action: 'set-var', bracket: variable, parts: [expression('var_expr')] },
  'set-var-fmt': { action: 'set-var-fmt', bracket: variable, parts: [word('var_format')] },
  'unset-var': { action: 'unset-var', bracket: variable, parts: [] },
  'track-sc': {
    action: 'track-sc',
    bracket: counter('track_sc_stick_counter'),
    parts: [word('track_sc_key'), option('table', 'track_sc_table')],
  },
  'sc-inc-gpc0': { action: 'sc-inc-gpc0', bracket: counter('sc_id', '(', ')'), parts: [] },
  'set-log-level': plain('set-log-level', word('log_level')),
  'cache-use': plain('cache-use', word('cache_name')),
  'cache-store': plain('cache-store', word('cache_name')),
  'silent-drop': plain('silent-drop'),
  'strict-mode': plain('strict-mode', word('strict_mode')),
  allow: plain('allow'),
  deny: plain('deny', ...denial),
  return: plain('return', option('status', 'return_status_code', { number: true }), ...answer),
  redirect: plain(
    'redirect',
    tagged('redir_type', ['location', 'prefix', 'scheme'], 'redir_value', { optional: false }),
    option('code', 'redir_code', { number: true }),
    expression('redir_option', { optional: true }),
  ),
}

const HTTP_REQUEST: Record<string, RuleForm> = {
  ...BOTH_WAYS,
  auth: plain('auth', option('realm', 'auth_realm')),
  'disable-l7-retry': plain('disable-l7-retry'),
  'normalize-uri': plain(
    'normalize-uri',
    word('normalizer'),
    flag('full', 'normalizer_full'),
    flag('strict', 'normalizer_strict'),
  ),
  reject: plain('reject'),
  'replace-path': plain('replace-path', word('path_match'), word('path_fmt')),
  'replace-pathq': plain('replace-pathq', word('path_match'), word('path_fmt')),
  'set-path': plain('set-path', word('path_fmt')),
  'set-pathq': plain('set-pathq', word('path_fmt')),
  'set-query': plain('set-query', word('query-fmt')),
  'set-uri': plain('set-uri', word('uri-fmt')),
  'set-method': plain('set-method', word('method_fmt')),
  'set-dst': plain('set-dst', expression('expr')),
  'set-dst-port': plain('set-dst-port', expression('expr')),
  'set-src': plain('set-src', expression('expr')),
  'set-timeout': plain('set-timeout', word('timeout_type'), word('timeout')),
  tarpit: plain('tarpit', ...denial),
}

const HTTP_RESPONSE: Record<string, RuleForm> = {
  ...BOTH_WAYS,
  'set-status': plain('set-status', word('status'), option('reason', 'status_reason')),
}

const TCP_ACTIONS: Record<string, RuleForm> = {
  accept: plain('accept'),
  reject: plain('reject'),
  'silent-drop': plain('silent-drop'),
  'set-dst': plain('set-dst', expression('expr')),
  'set-dst-port': plain('set-dst-port', expression('expr')),
  'set-src': plain('set-src', expression('expr')),
  'set-var': { action: 'set-var', bracket: variable, parts: [expression('expr')] },
  'set-var-fmt': { action: 'set-var-fmt', bracket: variable, parts: [word('var_format')] },
  'track-sc': {
    action: 'track-sc',
    bracket: counter('track_stick_counter'),
    parts: [word('track_key'), option('table', 'track_table')],
  },
}

const HTTP_CHECKS: Record<string, RuleForm> = {
  send: plain(
    'send',
    option('meth', 'method'),
    option('uri', 'uri'),
    option('ver', 'version'),
    headers('headers'),
    option('body', 'body'),
  ),
  expect: plain('expect', flag('!', 'exclamation_mark'), word('match'), expression('pattern')),
  connect: plain(
    'connect',
    flag('default', 'default'),
    option('port', 'port', { number: true }),
    option('addr', 'addr'),
    flag('ssl', 'ssl'),
    option('sni', 'sni'),
    option('alpn', 'alpn'),
    option('proto', 'proto'),
  ),
  'disable-on-404': plain('disable-on-404'),
  'send-state': plain('send-state'),
}

/** The two ways of a list of rules: a rule to its line, a line's words to a rule, or null for what has no field here. */
export interface RuleList {
  keyword: string
  print(rule: unknown): string
  parse(words: readonly string[]): RuleFields | null
}

const ruleList = (keyword: string, forms: Record<string, RuleForm>, { conditions = true } = {}): RuleList => ({
  keyword,
  print(rule) {
    const fields = asFields(rule)
    const form = formOf(keyword, forms, 'type', fields)
    checkNoOther(keyword, fields, [...fieldsOf(form), 'type', ...(conditions ? ['cond', 'cond_test'] : [])])
    return [keyword, ...printForm(form, fields), ...(conditions ? printCondition(fields) : [])].join(' ')
  },
  parse(words) {
    const { body, rest } = splitCondition(words.slice(1), conditions)
    return parseForm(forms, 'type', body, rest)
  },
})

export const httpRequestRules = ruleList('http-request', HTTP_REQUEST)
export const httpResponseRules = ruleList('http-response', HTTP_RESPONSE)
export const httpChecks = ruleList('http-check', HTTP_CHECKS, { conditions: false })

const TCP_LEVELS = ['connection', 'content', 'session']

export const tcpRequestRules: RuleList = {
  keyword: 'tcp-request',
  print(rule) {
    const fields = asFields(rule)
    const type = checkOneOf('type', fields.type, [...TCP_LEVELS, 'inspect-delay'])
    if (type === 'inspect-delay')
      return `tcp-request inspect-delay ${printTimeMs(checkInteger('timeout', fields.timeout))}`
    const form = formOf('tcp-request', TCP_ACTIONS, 'action', fields)
    checkNoOther('tcp-request', fields, [...fieldsOf(form), 'type', 'action', 'cond', 'cond_test'])
    return ['tcp-request', type, ...printForm(form, fields), ...printCondition(fields)].join(' ')
  },
  parse([, type = '', ...words]) {
    if (type === 'inspect-delay') {
      const timeout = words.length === 1 ? parseTimeMs(words[0] ?? '') : null
      return timeout === null ? null : { type, timeout }
    }
    if (!TCP_LEVELS.includes(type)) return null
    const { body, rest } = splitCondition(words, true)
    return parseForm(TCP_ACTIONS, 'action', body, { type, ...rest })
  },
}

function asFields(rule: unknown): RuleFields {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule))
    throw new HaproxyTextError('a rule must be an object')
  return rule as RuleFields
}

function formOf(keyword: string, forms: Record<string, RuleForm>, field: string, rule: RuleFields): RuleForm {
  const form = typeof rule[field] === 'string' && Object.hasOwn(forms, rule[field]) ? forms[rule[field]] : undefined
  if (!form)
    throw new HaproxyTextError(`${field} of a ${keyword} rule should be one of [${Object.keys(forms).join(' ')}]`)
  return form
}

const fieldsOf = ({ bracket, parts }: RuleForm) => [...(bracket?.fields ?? []), ...parts.flatMap((part) => part.fields)]

function checkNoOther(keyword: string, rule: RuleFields, known: readonly string[]): void {
  const other = Object.keys(rule).find((field) => !known.includes(field) && rule[field] !== undefined)
  if (other !== undefined)
    throw new HaproxyTextError(`the field ${JSON.stringify(other)} of this ${keyword} rule is not served here`)
}

const printForm = ({ action, bracket, parts }: RuleForm, rule: RuleFields) => [
  `${action}${bracket?.print(rule) ?? ''}`,
  ...parts.flatMap((part) => part.print(rule)),
]

function printCondition({ cond, cond_test }: RuleFields): string[] {
  if ((cond === undefined || cond === '') && (cond_test === undefined || cond_test === '')) return []
  return [checkOneOf('cond', cond, ['if', 'unless']), checkWords('cond_test', cond_test)]
}

function splitCondition(words: readonly string[], conditions: boolean): { body: string[]; rest: RuleFields } {
  const at = conditions ? words.findIndex((each) => each === 'if' || each === 'unless') : -1
  if (at < 0) return { body: [...words], rest: {} }
  return { body: words.slice(0, at), rest: { cond: words[at], cond_test: words.slice(at + 1).join(' ') } }
}

function parseForm(
  forms: Record<string, RuleForm>,
  field: string,
  [action = '', ...words]: string[],
  rest: RuleFields,
): RuleFields | null {
  for (const [name, form] of Object.entries(forms)) {
    if (form.bracket ? !action.startsWith(form.action) : action !== form.action) continue
    const found: RuleFields = { [field]: name }
    if (form.bracket && !form.bracket.parse(action.slice(form.action.length), found)) continue
    const left = [...words]
    if (form.parts.every((part) => part.parse(left, found)) && left.length === 0) return { ...found, ...rest }
  }
  return null
}
