import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { AcmePlatform } from '../../shared/acme/open-acme.ts'
import type { Gateway } from '../../shared/gateway/gateway.ts'
import { ADMIN_TOKEN, type Harness, type HarnessOptions, harness } from '../harness.ts'
import { type AcmeServer, type AcmeServerOptions, startAcmeServer } from './acme-server.ts'
import { fakeGateway } from './fake-gateway.ts'

/** As the API tells it. */
export interface OrderTold {
  name: string
  state: 'waiting' | 'ordering' | 'failed' | 'issued'
  failures: number
  lastError: string | null
  nextTryAt: string | null
  renewsAt: string | null
}

export interface AcmeFront extends Harness {
  server: AcmeServer
  /** What HAProxy would answer at a path. */
  answers: Map<string, string>
  order(name: string): Promise<OrderTold | undefined>
  /** Looks until it is so. */
  until(name: string, isSo: (order: OrderTold) => boolean): Promise<OrderTold>
  /** Lets it look at once, as it does by itself every few seconds. */
  look(): void
}

export interface AcmeFrontOptions extends Omit<HarnessOptions, 'gateway' | 'acme'> {
  names: string[]
  gateway?: Gateway
  server?: AcmeServerOptions
  platform?: Partial<AcmePlatform>
  /** What its clock says. */
  startMs?: number
}

/** A front whose certificates come from an ACME server in this process, which asks for the answers that HAProxy would give. */
export async function acmeFront({
  names,
  server: options,
  platform,
  gateway = fakeGateway(),
  startMs = Date.parse('2030-01-01T00:00:00Z'),
  ...rest
}: AcmeFrontOptions): Promise<AcmeFront> {
  const answers = new Map<string, string>()
  gateway.answerChallenge = async (path, answer) => {
    if (answer === null) answers.delete(path)
    else answers.set(path, answer)
  }
  const clock: { front?: Harness } = {}
  const now = () => clock.front?.clock.nowMs ?? startMs
  const look = async (_name: string, kind: string, { token, answer }: { token: string; answer: string }) =>
    kind !== 'http-01' || answers.get(`/.well-known/acme-challenge/${token}`) === answer ? null : 'a wrong answer'
  const server = await startAcmeServer({ look, now, ...options })
  const front = await harness({
    gateway,
    ...rest,
    acme: {
      ...{ directory: server.directory, names, ownNames: [], dns: null, email: null, external: null },
      ...{ fetch: (request) => fetch(request), userAgent: 'the tests', ownsStore: true },
      ...platform,
    },
  })
  front.clock.nowMs = startMs
  clock.front = front
  const { acme } = front.services
  onTestFinished(() => acme?.stop())
  acme?.wake()

  const order = async (name: string) => {
    const { orders } = (await front.call('GET', '/api/certificates/edge', { token: ADMIN_TOKEN })).body
    return (orders as OrderTold[]).find((each) => each.name === name)
  }
  const until = async (name: string, isSo: (order: OrderTold) => boolean) => {
    for (const deadline = Date.now() + 20_000; ; await pause(20)) {
      const found = await order(name)
      if (found && isSo(found)) return found
      if (Date.now() > deadline) throw new Error(`${name} is ${JSON.stringify(found)}`)
    }
  }
  return { ...front, server, answers, order, until, look: () => acme?.wake() }
}

export const isIssued = ({ state }: OrderTold) => state === 'issued'
export const hasFailed = ({ state }: OrderTold) => state === 'failed'
