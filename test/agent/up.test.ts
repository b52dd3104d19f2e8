import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { startAgent } from '../support/agent.ts'
import { ask } from '../support/ask.ts'
import { put, startRoutedFront } from '../support/routed-front.ts'
import { startTarget } from '../support/targets.ts'
import { initialized } from './support/initialized.ts'

it('from an empty folder to an app behind HAProxy, through a front that dies, and away again', {
  timeout: 120_000,
}, async () => {
  const front = await startRoutedFront()
  const app = await startTarget('hello')
  const { cwd, run, file } = await initialized(front, 'vps-2', 'elsewhere')
  const modes = ['agent.yaml', '.cloudlunacy/agent.key', '.cloudlunacy'].map(
    (name) => statSync(join(cwd, name)).mode & 0o777,
  )
  expect(modes).toEqual([0o600, 0o600, 0o700])
  expect(await run('status')).toMatchObject({ code: 3, output: expect.stringContaining('cloudlunacy-agent up') })

  // What a person has made by hand is nobody else's.
  const own = await front.register('vps-3')
  expect(own.agentId).toBe('vps-3')
  await put(own, 'taken', `http://127.0.0.1:${app.port}`)

  await run('routes', 'add', 'hello', String(app.port))
  expect((await run('up', '--dry-run')).output).toBe('+ http hello  is not at the front yet\n')
  const agent = await startAgent({ cwd })
  await agent.said('Route hello is at the front')
  const asked = () => ask(front.ports.http, front.hostOf('hello'))
  await vi.waitFor(async () => expect((await asked()).status).toBe(200))
  expect((await run('up', '--dry-run')).output).toContain('Nothing to do')

  // What the front refuses is asked for again when something changes, and told once.
  await run('routes', 'add', 'taken', String(app.port))
  await agent.said('The front does not take a route')
  expect((await run('status')).output).toContain('the front does not take it')

  // A change is applied at once, a mistake changes nothing.
  await run('routes', 'add', 'more', String(app.port))
  await agent.said('Route more is at the front')
  appendFileSync(file, 'nonsense: true\n')
  await agent.said('unknown field')
  const before = await run('status', '--json')
  expect(before.code).toBe(1)
  expect(JSON.parse(before.output).mistakes[0]).toContain('unknown field "nonsense"')
  writeFileSync(file, readFileSync(file, 'utf8').replace('nonsense: true\n', ''))

  // The front is away: everything is served on, and what changes meanwhile is told to it later.
  await front.kill()
  await run('routes', 'remove', 'more')
  await run('routes', 'add', 'later', String(app.port))
  await agent.said('The front does not answer')
  expect((await asked()).status).toBe(200)
  const [status, doctor] = await Promise.all([run('status'), run('doctor')])
  expect(status.output).toMatch(/HAProxy answers at .* but the front behind it does not .*is served on/)
  expect(doctor.output).toMatch(/front: HAProxy answers at .*, but the front behind it does not/)
  expect(doctor.output).not.toContain('init --force')
  await front.start()
  await agent.said('Route later is at the front')
  await agent.said('Route more is removed')
  // It hears again what happens there.
  await front.admin.delete('/api/proxy', { agentId: 'vps-2', type: 'http', subdomain: 'later' })
  await vi.waitFor(() => expect(agent.output().match(/Route later is at the front/g)).toHaveLength(2), 10_000)
  expect(agent.output().match(/does not take a route/g)).toHaveLength(1)

  await front.admin.patch('/api/agents/vps-2', { suspended: true })
  await agent.said('does not let this agent in: The agent vps-2 has been suspended')
  expect((await run('status')).output).toContain('does not let this agent in')
  await front.admin.patch('/api/agents/vps-2', { suspended: false })
  await vi.waitFor(async () => expect((await run('status')).output).not.toContain('does not let'), 10_000)

  expect((await run('certs', 'renew')).output).toContain('The new certificate is good until')
  expect((await run('certs', 'show')).output).toContain('vps-2.mongodb.front.test')
  expect((await run('routes', 'list', '--json')).output).toContain('later.apps.front.test')
  expect(await run('uninstall', '--yes')).toMatchObject({ code: 1, errors: expect.stringContaining('stop it first') })
  expect(await agent.stop()).toBe(0)
  expect(await run('uninstall')).toMatchObject({ code: 2 })
  expect(await run('uninstall', '--yes')).toMatchObject({ code: 0 })
  expect((await asked()).status).toBe(404)
  expect([file, join(cwd, '.cloudlunacy')].map((path) => existsSync(path))).toEqual([false, false])
})
