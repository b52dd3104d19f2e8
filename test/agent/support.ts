import { onTestFinished } from 'vitest'
import { createFrontClient, type FrontClientOptions } from '../../agent/client/front-client.ts'
import { ENROLLMENT_TOKEN, type Harness, harness } from '../harness.ts'

export const AGENT_KEY = 'a-key-of-the-agent-of-these-tests'

export interface ClientHarness {
  front: Harness
  client: ReturnType<typeof createFrontClient>
  /** Method and path of each call that reached the front, in order. */
  calls: string[]
  /** Answers, or breaks, the next calls in place of the front: one entry a call. */
  instead: (() => Response | Promise<Response>)[]
  requests: Request[]
  clock: { nowMs: number }
}

/** A client over a front in this process. Its pauses are none: `random` and the clock are the test's. */
export async function clientHarness(options: Partial<FrontClientOptions> = {}): Promise<ClientHarness> {
  const front = await harness()
  const calls: string[] = []
  const requests: Request[] = []
  const instead: ClientHarness['instead'] = []
  const clock = { nowMs: 0 }
  const client = createFrontClient({
    url: 'http://127.0.0.1:3005',
    agentId: 'vps-1',
    agentKey: AGENT_KEY,
    fetch: async (request) => {
      requests.push(request.clone())
      calls.push(`${request.method} ${new URL(request.url).pathname}`)
      return (await instead.shift()?.()) ?? front.app.request(request)
    },
    now: () => clock.nowMs,
    random: () => 0,
    ...options,
  })
  onTestFinished(() => void instead.splice(0))
  return { front, client, calls, instead, requests, clock }
}

/** The same, registered. */
export async function registered(options: Partial<FrontClientOptions> = {}): Promise<ClientHarness> {
  const made = await clientHarness(options)
  await made.client.register({ targetIp: '192.0.2.1', enrollmentToken: ENROLLMENT_TOKEN })
  made.calls.splice(0)
  made.requests.splice(0)
  return made
}
