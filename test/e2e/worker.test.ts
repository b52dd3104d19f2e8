import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { newFolder } from '../support/folder.ts'
import { freePort } from '../support/ports.ts'

it('can be deployed', { timeout: 60_000 }, () => {
  const { status, stdout, stderr } = spawnSync('wrangler', ['deploy', '--dry-run', '--outdir', newFolder()], {
    encoding: 'utf8',
  })
  expect(stderr).not.toContain('WARNING')
  expect(stdout).toContain('env.STORE (Store)')
  expect(status).toBe(0)
})

it('runs in workerd under wrangler dev, and keeps its store', { timeout: 120_000 }, async () => {
  const folder = newFolder()
  for (const round of ['first', 'second']) {
    const { url, stop } = await wranglerDev(folder)
    const response = await fetch(`${url}/api/health`)
    expect([round, response.status, await response.json()]).toEqual([
      round,
      200,
      expect.objectContaining({ success: true, checks: { store: 'ok', certificates: 'ok', dataPlanes: 'down' } }),
    ])
    await stop()
  }
  const { url } = await wranglerDev(folder, 'another-secret-another-secret-another')
  expect(await (await fetch(`${url}/api/health`)).json()).toMatchObject({ code: 'WRONG_SECRET_KEY' })
})

async function wranglerDev(folder: string, secretKey = 'only-for-tests-only-for-tests-only') {
  const port = await freePort()
  const args = [
    'dev',
    '--port',
    String(port),
    '--inspector-port',
    String(await freePort()),
    '--persist-to',
    join(folder, 'state'),
  ]
  const child = spawn(
    'wrangler',
    [...args, '--var', `SECRET_KEY:${secretKey}`, '--show-interactive-dev-session=false'],
    {
      env: { ...process.env, WRANGLER_LOG_PATH: join(folder, 'logs'), CI: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own group: workerd is a child of its child.
      detached: true,
    },
  )
  const exited = once(child, 'close')
  const stop = async () => {
    if (child.exitCode === null && child.pid) process.kill(-child.pid, 'SIGTERM')
    await exited
  }
  onTestFinished(stop)
  let output = ''
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
        if (output.includes('Ready on')) resolve()
      })
    }
    child.on('exit', () => reject(new Error(`wrangler dev ended:\n${output}`)))
  })
  return { url: `http://127.0.0.1:${port}`, stop }
}
