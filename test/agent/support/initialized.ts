import { join } from 'node:path'
import { expect } from 'vitest'
import { runAgent } from '../../support/agent.ts'
import { newFolder } from '../../support/folder.ts'
import { freePort } from '../../support/ports.ts'
import type { RoutedFront } from '../../support/routed-front.ts'

const ENROLLMENT_TOKEN = 'the-enrolment-token-of-these-tests'

/** An agent that has been set up in an empty folder. */
export async function initialized(front: RoutedFront, agentId: string) {
  const cwd = newFolder()
  const flags = ['--front', front.front().url, '--agent', agentId, '--ingress-port', String(await freePort())]
  const ran = await runAgent(['init', ...flags], { cwd, env: { ENROLLMENT_TOKEN } })
  expect(ran).toMatchObject({ code: 0, errors: '' })
  const run = (...args: string[]) => runAgent(args, { cwd })
  return { cwd, run, file: join(cwd, 'agent.yaml') }
}
