import type { DataPlane } from '../dataplane/data-plane.ts'
import { DataPlaneError, isFault } from '../dataplane/data-plane-error.ts'
import type { AdminState, Server } from '../dataplane/models.ts'
import { allOfThem } from '../lib/all-of-them.ts'
import type { ServerChange } from './server-changes.ts'

interface ChangesOfBackend {
  backend: string
  changes: readonly ServerChange[]
}

/** The embedded data plane gathers what comes at a time; the real one has a call for each step. */
const AT_ONCE = 16

/**
 * Brings changes of servers to the worker. Gives HAProxy's reason for each backend that takes them by a reload alone:
 * nothing was taken away from those.
 */
export async function changeServers(
  dataPlane: DataPlane,
  all: readonly ChangesOfBackend[],
): Promise<ReadonlyMap<string, string>> {
  const refusals = new Map<string, string>()
  const carryOut = async (isDue: (change: ServerChange) => boolean) => {
    const work = all.flatMap(({ backend, changes }) => changes.filter(isDue).map((change) => ({ backend, change })))
    await allOfThem(work, AT_ONCE, async ({ backend, change }) => {
      if (refusals.has(backend)) return
      try {
        await changeServer(dataPlane, backend, change)
      } catch (error) {
        if (!isNo(error)) throw error
        refusals.set(backend, error.message)
      }
    })
  }
  await carryOut(({ kind }) => kind !== 'remove')
  await carryOut(({ kind }) => kind === 'remove')
  return refusals
}

async function changeServer(dataPlane: DataPlane, backend: string, { kind, server }: ServerChange): Promise<void> {
  if (kind === 'add') await addServer(dataPlane, backend, server)
  else if (kind === 'remove') await drainServer(dataPlane, backend, server.name)
  else {
    const { address, port, weight = 1 } = server
    await dataPlane.setRuntimeServer(backend, server.name, { address, port, weight, admin_state: stateOf(server) })
  }
}

/** HAProxy begins with it in maintenance. One that is still leaving is let in again: the same name is the same server. */
async function addServer(dataPlane: DataPlane, backend: string, server: Server): Promise<void> {
  const { maintenance: _, ...parameters } = server
  const isNew = await dataPlane.addRuntimeServer(backend, parameters).then(
    () => true,
    (error) => {
      if (error instanceof DataPlaneError && error.status === 409) return false
      throw error
    },
  )
  const admin_state = stateOf(server)
  if (isNew && admin_state === 'maint') return
  const { weight = 1 } = server
  await dataPlane.setRuntimeServer(backend, server.name, isNew ? { admin_state } : { weight, admin_state })
}

/** It ends what it has. One that is not there is gone already. */
export async function drainServer(dataPlane: DataPlane, backend: string, name: string): Promise<void> {
  try {
    await dataPlane.setRuntimeServer(backend, name, { admin_state: 'drain' })
  } catch (error) {
    if (!isFault(error, 'missing')) throw error
  }
}

export const stateOf = ({ maintenance }: Server): AdminState => (maintenance === 'enabled' ? 'maint' : 'ready')

/** Not when the node did not answer. */
const isNo = (error: unknown): error is DataPlaneError =>
  error instanceof DataPlaneError &&
  (error.fault === 'refused' || error.fault === 'missing' || error.fault === 'unsupported')
