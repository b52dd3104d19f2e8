import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runAgent } from '../../support/agent.ts'
import { newFolder } from '../../support/folder.ts'
import { freePort } from '../../support/ports.ts'
import type { RoutedFront } from '../../support/routed-front.ts'

const ENROLLMENT_TOKEN = 'the-enrolment-token-of-these-tests'

/** An agent that has been set up in an empty folder: beside the front, or somewhere else, where it comes through HAProxy. */
export async function initialized(front: RoutedFront, agentId: string, from: 'beside' | 'elsewhere' = 'beside') {
  const cwd = newFolder()
  const flags = ['--agent', agentId, '--ingress-port', String(await freePort())]
  const where = from === 'beside' ? ['--front', front.front().url] : await throughHaproxy(front)
  const ran = await runAgent(['init', ...where, ...flags], { cwd, env: { ENROLLMENT_TOKEN } })
  expect(ran).toMatchObject({ code: 0, errors: '' })
  const run = (...args: string[]) => runAgent(args, { cwd })
  return { cwd, run, file: join(cwd, 'agent.yaml') }
}

async function throughHaproxy({ front, ports }: RoutedFront): Promise<string[]> {
  const ca = await fetch(`${front().url}/api/certificates/ca.pem`).then((answer) => answer.text())
  const { fingerprint256 } = new X509Certificate(ca)
  const place = ['--front', `https://front.front.test:${ports.https}`, '--front-address', '127.0.0.1']
  return [...place, '--ca-fingerprint', fingerprint256]
}
