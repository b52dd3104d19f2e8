import { expect, it } from 'vitest'
import { HTTP_RULES, type HttpRules } from '../../shared/domain/options/http-rules.ts'
import type { HttpRoute } from '../../shared/domain/route-record.ts'
import { needsNewBackend, saysTheSame } from '../../shared/domain/route-rules.ts'
import { isRestricted, needsBackend } from '../../shared/gateway/backend/needs.ts'
import { httpRoute, target } from '../gateway/routes.ts'

const RULES: Required<HttpRules> = {
  stripPrefix: true,
  sticky: { cookie: null },
  timeouts: { responseSeconds: 7 },
  hostHeader: 'inside.test',
  requestHeaders: { 'X-A': 'b' },
  responseHeaders: { 'X-A': null },
  rateLimit: { requests: 5, seconds: 10, by: 'client' },
  basicAuth: { realm: 'x', users: [{ user: 'anna', digest: 'AB' }] },
}

it.each(HTTP_RULES)('%s needs a backend of its own, and another one where it changes', (rule) => {
  const [without, having] = [httpRoute({ check: false }), httpRoute({ check: false, [rule]: RULES[rule] })]
  expect([needsBackend(without), isRestricted(without)]).toEqual([false, false])
  expect(needsNewBackend(without, having)).toBe(true)
  expect(needsNewBackend(having, { ...having })).toBe(false)
  expect(saysTheSame(without, having)).toBe(false)
  // Which of its servers a request goes to is no restriction: until the backend stands, the lane may choose one.
  expect(isRestricted(having)).toBe(rule !== 'sticky')
})

const other = target(8_081, { host: '192.0.2.8', address: '192.0.2.8' })
const CHANGES: [what: string, before: Partial<HttpRoute>, after: Partial<HttpRoute>, another: boolean][] = [
  ['a weight', { targets: [target(1)] }, { targets: [target(1, { weight: 7 })] }, false],
  ['what a name stands for', { targets: [target(1)] }, { targets: [target(1, { address: '192.0.2.9' })] }, false],
  ['a cap', {}, { maxConcurrent: 3 }, false],
  ['maintenance', {}, { maintenance: { message: null, retryAfterSeconds: 300 } }, false],
  ['whether plain HTTP is redirected', {}, { redirectToHttps: true }, false],
  ['a cookie that may come by HTTPS alone', { sticky: { cookie: null } }, { redirectToHttps: true }, true],
  ['how long browsers are to come by HTTPS alone', {}, { hsts: 60 }, false],
  ['a suspension', {}, { suspended: true }, false],
  ['another target', {}, { targets: [other] }, true],
  ['one more server', {}, { targets: [target(8_080), other] }, true],
  ['a backup', { targets: [target(1)] }, { targets: [target(1, { backup: true })] }, true],
  ['the balance', {}, { balance: 'leastconn' }, true],
  ['the check', {}, { check: false }, true],
  ['who may come', {}, { allowFrom: ['192.0.2.0/24'] }, true],
  ['a password', { basicAuth: RULES.basicAuth }, { basicAuth: { realm: 'x', users: [] } }, true],
  ['a header', { requestHeaders: { A: 'b' } }, { requestHeaders: { A: 'c' } }, true],
]
it.each(CHANGES)('%s', (_, before, after, another) => {
  expect(needsNewBackend(httpRoute(before), httpRoute({ ...before, ...after }))).toBe(another)
})
