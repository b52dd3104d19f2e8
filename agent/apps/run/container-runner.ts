import { randomBytes } from 'node:crypto'
import { type Docker, NoDockerError } from '../../containers/docker.ts'
import { APP, OWNER, orderOf, PORT, VERSION } from '../../containers/order.ts'
import { pullImage } from '../../containers/pull.ts'
import { removeContainer, supervise } from '../../containers/supervise.ts'
import type { AppLog } from '../app-log.ts'
import type { Leftover, Runner } from './runner.ts'

export interface ContainerRunnerOptions {
  docker: Docker
  /** Tells this agent from others of this machine. */
  owner: string
  logOf(app: string): AppLog
}

/** Runs containers. What they print goes into the app's log. */
export function createContainerRunner({ docker, owner, logOf }: ContainerRunnerOptions): Runner {
  return {
    async start({ app, port, log, signal }) {
      const { container } = app
      if (!container) throw new Error('it has no container')
      await pullImage(docker, container.image, { always: container.pull === 'always', signal })
      const name = `cloudlunacy-${app.name}-${randomBytes(4).toString('hex')}`
      const { Id: id } = (await docker.call(
        'POST',
        `/containers/create?name=${name}`,
        orderOf(app, port, owner),
      )) as Created
      try {
        await docker.call('POST', `/containers/${id}/start`)
      } catch (error) {
        await removeContainer(docker, id)
        throw error
      }
      return supervise(docker, { id, port, log, fromSeconds: 0 })
    },
    async leftovers() {
      const found = await listOwn(docker, owner)
      const dead = found.filter(({ State }) => State !== 'running')
      await Promise.all(dead.map(({ Id }) => removeContainer(docker, Id)))
      const alive = found.filter(({ State }) => State === 'running').sort((one, other) => one.Created - other.Created)
      return alive.map(({ Id: id, Labels }): Leftover => {
        const app = Labels[APP] ?? ''
        const started = { id, port: Number(Labels[PORT]), log: logOf(app), fromSeconds: Math.floor(Date.now() / 1_000) }
        return { app, version: Labels[VERSION] ?? '', running: supervise(docker, started) }
      })
    },
  }
}

interface Created {
  Id: string
}

interface Listed extends Created {
  Created: number
  State: string
  Labels: Record<string, string>
}

async function listOwn(docker: Docker, owner: string): Promise<Listed[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${OWNER}=${owner}`] }))
  try {
    return (await docker.call('GET', `/containers/json?all=true&filters=${filters}`)) as Listed[]
  } catch (error) {
    // A machine without Docker has no containers.
    if (error instanceof NoDockerError) return []
    throw error
  }
}
