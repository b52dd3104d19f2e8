import { closeSync } from 'node:fs'
import { sleep } from '../../shared/lib/sleep.ts'
import type { AppLog } from '../apps/app-log.ts'
import type { Running } from '../apps/run/runner.ts'
import { createOutputCopy } from './copy-output.ts'
import { type Docker, isMissing } from './docker.ts'

const LOOK_MS = 1_000
const LAST_LINES_MS = 100

export interface Started {
  id: string
  port: number
  log: AppLog
  /** What was printed before is in the log already. */
  fromSeconds: number
}

/** Sees to a container until it has ended, and takes it away then. */
export function supervise(docker: Docker, { id, port, log, fromSeconds }: Started): Running {
  const gone = new AbortController()
  void copyOutput(docker, id, { log, fromSeconds, signal: gone.signal })
  const ended = waitFor(docker, id).then(async (how) => {
    // Its last lines are on their way.
    await sleep(LAST_LINES_MS)
    gone.abort()
    await removeContainer(docker, id)
    return how
  })
  return {
    port,
    pid: null,
    ended,
    async stop(graceMs) {
      // Whatever is wrong with it, it is removed by force when it has ended.
      await docker.call('POST', `/containers/${id}/stop?t=${Math.ceil(graceMs / 1_000)}`).catch(() => undefined)
      await ended
    },
  }
}

/** Also over a restart of Docker, which may leave containers running. */
async function waitFor(docker: Docker, id: string): Promise<string> {
  for (;;) {
    try {
      const { StatusCode } = (await docker.call('POST', `/containers/${id}/wait`)) as { StatusCode: number }
      return `it ended with exit code ${StatusCode}`
    } catch (error) {
      if (isMissing(error)) return 'its container was removed'
      await sleep(LOOK_MS)
    }
  }
}

interface CopyOptions {
  log: AppLog
  fromSeconds: number
  signal: AbortSignal
}

async function copyOutput(docker: Docker, id: string, { log, fromSeconds, signal }: CopyOptions): Promise<void> {
  const file = log.open()
  try {
    const path = `/containers/${id}/logs?follow=true&stdout=true&stderr=true&since=${fromSeconds}`
    const copy = createOutputCopy(file)
    for await (const chunk of await docker.stream('GET', path, signal)) copy(chunk)
  } catch (error) {
    if (!signal.aborted) log.note(`what it prints cannot be read: ${error instanceof Error ? error.message : error}`)
  } finally {
    closeSync(file)
  }
}

/** With what it wrote inside itself. */
export const removeContainer = (docker: Docker, id: string): Promise<unknown> =>
  docker.call('DELETE', `/containers/${id}?force=true&v=true`).catch(() => undefined)
