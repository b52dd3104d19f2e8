import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it, vi } from 'vitest'
import { installPacked, runAgent, startAgent } from '../support/agent.ts'
import { ask } from '../support/ask.ts'
import { newFolder } from '../support/folder.ts'
import { http1Load } from '../support/load/http1.ts'
import { type NamedTarget, startNamedTarget } from '../support/named-targets.ts'
import { freePort } from '../support/ports.ts'
import { type RoutedFront, startRoutedFront } from '../support/routed-front.ts'

const ENROLLMENT_TOKEN = 'the-enrolment-token-of-these-tests'

/** An agent of its own on this machine, which serves these apps. */
async function serve(front: RoutedFront, program: string, agentId: string, apps: NamedTarget[]) {
  const cwd = newFolder()
  const run = (...args: string[]) => runAgent(args, { cwd, program, env: { ENROLLMENT_TOKEN } })
  const port = String(await freePort())
  await run('init', '--front', front.front().url, '--agent', agentId, '--ingress-port', port)
  for (const { name, port } of apps) await run('routes', 'add', name, String(port))
  const agent = await startAgent({ cwd, program })
  return { agent, run }
}

it('the tarball has the command and the library with its types in a file each, and needs nothing else', async () => {
  const folder = newFolder()
  const program = installPacked(folder)
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
    'cloudlunacy-agent',
  ])
  expect(statSync(program).size).toBeLessThan(4_000_000)
  // One byte a character in memory, and of Node's modules only what is asked for.
  const text = readFileSync(program, 'utf8')
  expect(text).toHaveLength(statSync(program).size)
  expect(text).not.toMatch(/^import .* from "node:/m)
  expect(await runAgent(['--version'], { cwd: folder, program })).toMatchObject({ code: 0, output: '0.1.0\n' })
  expect((await runAgent(['up'], { cwd: folder, program })).errors).toContain('cloudlunacy-agent init makes one')

  const main = `
    import { createFrontClient, FrontError, type FrontClient, type Route } from 'cloudlunacy-agent'
    const front: FrontClient = createFrontClient({ url: 'http://127.0.0.1:1', agentId: 'vps-1', agentKey: 'x'.repeat(40), patienceMs: 0 })
    const shown = (routes: Route[]) => routes.map(({ domain }) => domain)
    await front.listRoutes().then(shown).catch((error: unknown) => {
      if (error instanceof FrontError) console.log(error.code)
    })
    // @ts-expect-error it is no option
    void (() => front.putHttpRoute({ subdomain: 'a', targetUrl: 'http://a', options: { nonsense: true } }))
  `
  writeFileSync(join(folder, 'main.ts'), main)
  expect(execFileSync('node', ['main.ts'], { cwd: folder, encoding: 'utf8' })).toBe('UNREACHABLE\n')
  const strictly = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'esnext',
    '--lib',
    'esnext,dom,dom.asynciterable',
  ]
  execFileSync(resolve('node_modules/.bin/tsc'), [...strictly, '--ignoreConfig', 'main.ts'], {
    cwd: folder,
    stdio: 'inherit',
  })
})

it('two agents of the tarball serve three apps; the front dies, comes back, certificates are renewed: no request fails', async () => {
  const program = installPacked(newFolder())
  const front = await startRoutedFront()
  const [shop, blog, wiki] = await Promise.all(['shop', 'blog', 'wiki'].map((name) => startNamedTarget(name)))
  if (!shop || !blog || !wiki) throw new Error('three were started')
  const one = await serve(front, program, 'vps-2', [shop, blog])
  const other = await serve(front, program, 'vps-3', [wiki])
  const apps = [shop, blog, wiki]
  const isServed = async ({ name }: NamedTarget) => {
    const host = front.hostOf(name)
    await vi.waitFor(async () => expect((await ask(front.ports.http, host)).body).toBe(`${name} for ${host}`), 20_000)
  }
  await Promise.all(apps.map(isServed))
  // Each route gets its own backend, with checks through the ingress.
  await vi.waitFor(async () => expect((await one.run('status')).code).toBe(0), { timeout: 20_000, interval: 500 })

  const asked = apps.map(({ name }) => ({ host: front.hostOf(name), answers: () => [name] }))
  const loads = [
    http1Load(front.ports.http, asked, { clients: 3, connections: 'kept', pauseMs: 10 }),
    http1Load(front.ports.http, asked, { clients: 3, connections: 'new', pauseMs: 10 }),
  ]
  const more = () => Promise.all(loads.map((load) => load.more(100)))
  await more()
  await front.kill()
  await one.agent.said('The front does not answer')
  await more()
  await front.start()
  await one.agent.said('The front answers again')
  await other.agent.said('The front answers again')
  for (const { run } of [one, other]) expect((await run('certs', 'renew')).code).toBe(0)
  await more()
  await Promise.all(loads.map((load) => load.stop()))
  expect(loads.flatMap(({ failures }) => failures)).toEqual([])
})
