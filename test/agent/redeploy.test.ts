import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { startAgent } from '../support/agent.ts'
import { ask, keepAlive } from '../support/ask.ts'
import { processesIn } from '../support/processes.ts'
import { startRoutedFront } from '../support/routed-front.ts'
import { PROGRAM } from './support/an-app.ts'
import { initialized } from './support/initialized.ts'

/** Requests one after the other, until it is over; what each was answered. */
function loadOn(port: number, hosts: string[]) {
  const answers: { host: string; status: number; body: string }[] = []
  const failures: string[] = []
  let over = false
  const agent = keepAlive(hosts.length * 4)
  const one = async (host: string) => {
    while (!over) {
      const answer = await ask(port, host, { agent }).catch((error) => ({ status: 0, body: String(error) }))
      answers.push({ host, ...answer })
      if (answer.status !== 200) failures.push(`${host}: ${answer.status} ${answer.body}`)
      await pause(2)
    }
  }
  const all = hosts.flatMap((host) => Array.from({ length: 4 }, () => one(host)))
  return {
    failures,
    /** When this host has answered that. */
    async says(host: string, body: string) {
      while (answers.findLast((answer) => answer.host === host)?.body !== body) await pause(10)
    },
    async stop() {
      over = true
      await Promise.all(all)
      agent.destroy()
      return answers.length
    },
  }
}

it('redeploys an app under load, while the front dies and certificates are renewed, and no request fails', {
  timeout: 120_000,
}, async () => {
  const front = await startRoutedFront()
  const agents = await Promise.all(['vps-2', 'vps-3'].map((agentId) => initialized(front, agentId)))
  const [one, other] = agents as [(typeof agents)[0], (typeof agents)[0]]
  const serve = ({ file, cwd }: typeof one, apps: Record<string, string>) => {
    const document = parseDocument(readFileSync(file, 'utf8'))
    const entries = Object.entries(apps).map(([name, VERSION]) => ({
      name,
      command: [process.execPath, PROGRAM, cwd],
      environment: { VERSION, ANSWER_MS: 20, HASTY: 1 },
      health: { path: '/health', rise: 1 },
    }))
    document.set('apps', document.createNode(entries))
    writeFileSync(file, document.toString())
  }
  serve(one, { shop: 'shop 1', blog: 'blog' })
  serve(other, { wiki: 'wiki' })
  const [first, second] = await Promise.all(agents.map(({ cwd }) => startAgent({ cwd })))
  await Promise.all([first?.said('Route shop is'), first?.said('Route blog is'), second?.said('Route wiki is')])
  const [shop, blog, wiki] = ['shop', 'blog', 'wiki'].map(front.hostOf) as [string, string, string]
  for (const host of [shop, blog, wiki]) while ((await ask(front.ports.http, host)).status !== 200) await pause(50)

  const load = loadOn(front.ports.http, [shop, blog, wiki])
  await load.says(shop, 'shop 1')
  await front.kill()
  serve(one, { shop: 'shop 2', blog: 'blog' })
  await load.says(shop, 'shop 2')
  expect(await one.run('redeploy', 'shop')).toMatchObject({
    code: 0,
    output: 'shop: the new version serves\n',
  })
  await front.start()
  expect((await one.run('certs', 'renew')).code).toBe(0)
  expect((await other.run('certs', 'renew')).code).toBe(0)
  serve(one, { shop: 'shop 3', blog: 'blog' })
  await load.says(shop, 'shop 3')
  while (processesIn(one.cwd).length > 3) await pause(50)
  const count = await load.stop()
  expect(load.failures).toEqual([])
  expect(count).toBeGreaterThan(500)

  const logs = await one.run('logs', 'shop', '--lines', '500')
  expect(logs.output).toMatch(/version shop 1 has ended well.*version shop 2 has ended well/s)
  expect((await one.run('logs', 'nothing')).errors).toBe('agent.yaml has no app "nothing"\n')
  await Promise.all([first?.stop(), second?.stop()])
  expect(agents.flatMap(({ cwd }) => processesIn(cwd))).toEqual([])
})
