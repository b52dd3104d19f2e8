import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { HttpRoute } from '../../shared/domain/route-record.ts'
import { backendOf } from '../../shared/gateway/backend/backend-of.ts'
import { parseBackend, printBackend, printSection, sameSection } from '../../shared/haproxy-text/index.ts'
import { HAPROXY, HAPROXY_ENVIRONMENT, writeConfiguration } from '../support/haproxy.ts'
import { type RandomOptions, randomOptions } from '../support/random-options.ts'
import { routesHarness } from '../support/routes.ts'

const OTHERS = ['http://203.0.113.8:3000', 'https://203.0.113.9', 'http://203.0.113.10:80']

it('makes of every combination of options what HAProxy takes, and what reads back as it was', async () => {
  const all = fc.sample(randomOptions(OTHERS), 200)
  const routes = await acceptedRoutes(all)
  const sections = routes.map(backendOf).map((backend) => {
    const section = printBackend(backend)
    const again = parseBackend(section, { full: true })
    expect(again).toEqual(JSON.parse(JSON.stringify(backend)))
    expect(sameSection(printBackend(again), section)).toBe(true)
    return printSection(section)
  })
  const { file } = await writeConfiguration({ edit: (base) => [base, ...sections, ''].join('\n') })
  const checked = await promisify(execFile)(HAPROXY, ['-c', '-f', file], { env: HAPROXY_ENVIRONMENT })
  expect(checked.stderr).not.toMatch(/\[(?:WARNING|ALERT)\]/)
})

/** As the API takes them. */
async function acceptedRoutes(all: RandomOptions[]): Promise<HttpRoute[]> {
  const front = await routesHarness()
  const token = await front.agent('vps-1')
  for (const [i, options] of all.entries()) {
    const body = { agentId: 'vps-1', subdomain: `app-${i}`, targetUrl: 'http://203.0.113.7:3000', options }
    expect((await front.http(token, body)).body).toMatchObject({ success: true })
  }
  return (await front.stored('routes/')).map(({ value }) => value as HttpRoute)
}
