import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { isAlive } from '../../haproxy/dataplane/process/alive.ts'
import { freePort } from '../support/ports.ts'
import { startDataPlane, type TestDataPlane } from './support.ts'

const POOL = 'backend pool\n  mode http\n  server one 127.0.0.1:9\n'

const weigh = ({ call }: TestDataPlane, weight: number) =>
  call('PUT', '/runtime/backends/pool/servers/one', { weight }).then(({ json }) => json.weight)
const pidOf = async ({ call }: TestDataPlane) => (await call('GET', '/runtime/info')).json.info.pid

it('commands go to the worker itself: the master may be busy', async () => {
  const plane = await startDataPlane()
  await plane.load(POOL)
  expect(await weigh(plane, 7)).toBe(7)
  const { pid } = plane.server
  process.kill(pid as number, 'SIGSTOP')
  onTestFinished(() => void process.kill(pid as number, 'SIGCONT'))
  expect(await weigh(plane, 8)).toBe(8)
})

it('after a reload that somebody else made they go to the new worker, and the old one ends when it has served', async () => {
  const plane = await startDataPlane()
  const port = await freePort()
  await plane.load(`${POOL}frontend web\n  mode http\n  bind 127.0.0.1:${port}\n`)
  const before = await pidOf(plane)
  const client = connect(port, '127.0.0.1')
  onTestFinished(() => void client.destroy())
  await once(client, 'connect')
  process.kill(plane.server.pid as number, 'SIGUSR2')
  await vi.waitFor(async () => expect(await pidOf(plane)).toSatisfy((pid) => pid > 0 && pid !== before))
  expect(client.destroyed).toBe(false)
  client.destroy()
  await vi.waitFor(() => expect(isAlive(before)).toBe(false), { timeout: 5_000 })
})

it('where its socket gives too few rights they go by way of the master', async () => {
  const plane = await startDataPlane({
    firstConfiguration: ({ statsSocket }) => `global\n  stats socket ${statsSocket} mode 600 level operator
defaults
  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n`,
  })
  await plane.load(POOL)
  expect(await weigh(plane, 7)).toBe(7)
})
