import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { allOfThem } from '../../shared/lib/all-of-them.ts'
import { type AcmeServerOptions, KINDS, startAcmeServer } from '../support/acme-server.ts'
import { newFolder } from '../support/folder.ts'

const NAME = 'shop.example'
const AT_ONCE = 4

/** Runs until it has the certificate, or is killed. */
async function runOrderer(path: string, directory: string, kill: Promise<void>): Promise<boolean> {
  const child = spawn('node', ['test/acme/orderer.ts', path, directory, NAME], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const has = new Promise<true>((resolve) => {
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
      if (said.includes(`The certificate for ${NAME} is there`)) resolve(true)
    })
  })
  const outcome = await Promise.race([has, kill.then(() => false)])
  child.kill('SIGKILL')
  await ended
  return outcome
}

/** The server has done what it was asked, and nobody hears its answer. */
async function dieAfter(kind: string, options: AcmeServerOptions = {}) {
  const path = join(newFolder(), 'store.sqlite')
  const kill = Promise.withResolvers<void>()
  const server = await startAcmeServer({
    ...options,
    async after(call) {
      if (call.kind !== kind || call.count !== 1) return
      kill.resolve()
      await new Promise((resolve) => setTimeout(resolve, 200))
    },
  })
  const wasThere = await runOrderer(path, server.directory, kill.promise)
  const isThere = await runOrderer(path, server.directory, new Promise(() => undefined))
  return { wasThere, isThere, orders: server.orders.map(({ name, status }) => [name, status]) }
}

it('goes on after kill -9 at each of its calls, with one order', async () => {
  const died = await allOfThem([...KINDS], AT_ONCE, (kind) => dieAfter(kind))
  const gone = { wasThere: false, isThere: true, orders: [[NAME, 'valid']] }
  expect(Object.fromEntries(KINDS.map((kind, i) => [kind, died[i]]))).toEqual(
    Object.fromEntries(KINDS.map((kind) => [kind, gone])),
  )
})

it('makes one order also where the server does not list them', async () => {
  const { isThere, orders } = await dieAfter('newOrder', { listsOrders: false })
  expect([isThere, orders]).toEqual([true, [[NAME, 'valid']]])
})
