import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { expectAcceptedState } from '../support/accepted-state.ts'
import { ask } from '../support/ask.ts'
import { everyKindOfLoad, failuresOf, moreOfEach } from '../support/load/all-kinds.ts'
import { startNamedTarget } from '../support/named-targets.ts'
import { put, startRoutedFront } from '../support/routed-front.ts'

const BROKEN = '\nbackend foreign\n  mode http\n  server one 127.0.0.1:1 no-such-word\n'

it('a configuration that HAProxy refuses for a foreign section keeps no route from being served', {
  timeout: 90_000,
}, async () => {
  const routed = await startRoutedFront()
  const target = await startNamedTarget('target')
  const loads = await everyKindOfLoad(routed, target)
  const path = routed.haproxy.configPath()
  await put(routed.agent, 'before', target.url, {}, { waitSeconds: 20 })

  appendFileSync(path, BROKEN)
  for (const name of ['during', 'before']) {
    const { status } = await put(routed.agent, name, target.url, { balance: 'leastconn' })
    expect(['live', 'settled']).toContain(status)
    expect((await ask(routed.ports.http, routed.hostOf(name))).status).toBe(200)
  }
  await moreOfEach(loads, 20)
  await vi.waitFor(() => expect(routed.front().output()).toContain('no-such-word'), { timeout: 15_000, interval: 50 })
  expect(readFileSync(path, 'utf8')).toContain('no-such-word')

  writeFileSync(path, readFileSync(path, 'utf8').replace(' no-such-word', ''))
  const names = ['before', 'during', 'steady-lane', 'steady-backend']
  await expectAcceptedState(routed, new Map(names.map((name) => [name, new Set<string | null>(['target'])])), {
    deadlineMs: 40_000,
  })
  expect(await failuresOf(loads)).toEqual([])
})
