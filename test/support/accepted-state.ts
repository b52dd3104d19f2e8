import { readFileSync } from 'node:fs'
import { expect, vi } from 'vitest'
import { ask } from './ask.ts'
import type { Belief } from './believers.ts'
import type { RoutedFront } from './routed-front.ts'
import { sideBySide } from './side-by-side.ts'

interface ListedRoute {
  type: 'http' | 'mongodb'
  domain: string
  targetUrl?: string
  status: string
}

/** All routes of the agent, as the API has them. */
async function acceptedRoutes({ agent }: RoutedFront): Promise<ListedRoute[]> {
  const { status, body } = await agent.get(`/api/proxy/agents/${agent.agentId}`)
  if (status !== 200) throw new Error(`the API answered ${status}: ${JSON.stringify(body)}`)
  return body.routes as ListedRoute[]
}

/**
 * Waits until all is as it was accepted, by itself: what writers were promised is what the store says, HAProxy's maps say
 * the same, every route is served by its own target, and what is gone is refused.
 */
export async function expectAcceptedState(
  routed: RoutedFront,
  beliefs: ReadonlyMap<string, Belief>,
  { deadlineMs = 20_000 }: { deadlineMs?: number } = {},
): Promise<void> {
  await vi.waitFor(async () => expectEveryPartRight(routed, beliefs), { timeout: deadlineMs, interval: 100 })
}

async function expectEveryPartRight(routed: RoutedFront, beliefs: ReadonlyMap<string, Belief>): Promise<void> {
  const routes = (await acceptedRoutes(routed)).filter(({ type }) => type === 'http')
  expect(routes.filter(({ status }) => !['live', 'settled'].includes(status))).toEqual([])
  await expectMaps(routed, routes)
  const there = new Set(routes.map(({ domain }) => domain))
  await sideBySide(beliefs, 8, async ([name, belief]) => {
    const host = routed.hostOf(name)
    const { status, body } = await ask(routed.ports.http, host)
    const served = status === 404 ? null : body.replace(` for ${host}`, '')
    expect([...belief], `${host} answers ${status} ${body}`).toContain(served)
    expect(there.has(host), `the store of ${host}, which answers ${status}`).toBe(served !== null)
  })
}

/** Running entries are those of the store, to the port; and what they name stands in the configuration or is not needed. */
async function expectMaps({ haproxy }: RoutedFront, routes: ListedRoute[]): Promise<void> {
  const running = [...(await haproxy.map('hosts.map'))]
  const wanted = routes.map(({ domain, targetUrl = '' }) => `${domain} ${new URL(targetUrl).port}`)
  expect(running.map(([host, value]) => `${host} ${value.split('|')[2]}`).sort()).toEqual(wanted.sort())
  const text = readFileSync(haproxy.configPath(), 'utf8')
  const named = running.flatMap(([, value]) => value.split('|')[4] || [])
  expect(
    named.filter((backend) => !text.includes(`\nbackend ${backend} `) && !text.includes(`\nbackend ${backend}\n`)),
  ).toEqual([])
}
