import { onTestFinished } from 'vitest'
import type { App } from '../functions/app-env.ts'
import { createFront, type Front, type Platform } from '../functions/front.ts'
import { describeApi } from '../functions/openapi/describe.ts'
import type { Settings } from '../functions/settings.ts'
import { memoryKv } from '../shared/kv/memory.ts'
import { createLog } from '../shared/log/log.ts'
import { type Contract, contractOf } from './support/contract.ts'

export const SETTINGS: Settings = {
  domain: 'example.com',
  appsDomain: 'apps.example.com',
  mongodbDomain: 'mongodb.example.com',
  apiHost: 'front.example.com',
  mongoPort: 27_017,
  httpsPort: 443,
  jwtTtlSeconds: 3_600,
  auditDays: 90,
  releaseSeconds: 86_400,
  routesPerAgent: 10_000,
  agentWritesPerMinute: 1_000_000,
}

export const ADMIN_TOKEN = 'the-admin-token-of-the-tests'
export const ENROLLMENT_TOKEN = 'the-enrolment-token-of-the-tests'

export interface Harness extends Front {
  app: App
  clock: { nowMs: number }
  /** What was logged, parsed. */
  logged: Record<string, unknown>[]
  /** A call in JSON: what came back, parsed, with its status. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
}

interface CallOptions {
  token?: string
  body?: unknown
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for.
  body: any
}

export interface HarnessOptions extends Partial<Platform> {
  /** For more than one test. */
  keepOpen?: boolean
}

/** Every answer is held against the document, whatever the test looks at. It is the same for every front of a file. */
let contract: Contract | undefined

/** A fresh front over a store in memory, with tokens and a clock of the test's. */
export async function harness({ keepOpen = false, ...overrides }: HarnessOptions = {}): Promise<Harness> {
  const logged: Record<string, unknown>[] = []
  const clock = { nowMs: Date.parse('2030-01-01T00:00:00Z') }
  const kv = memoryKv()
  if (!keepOpen) onTestFinished(() => kv.close())
  let ids = 0
  const front = await createFront({
    kv,
    secretKey: 'only-for-tests-only-for-tests-only',
    log: createLog({ level: 'debug', write: (line) => logged.push(JSON.parse(line)) }),
    version: '0.0.0-test',
    settings: SETTINGS,
    clientAddress: (c) => c.req.header('x-test-address') ?? '192.0.2.1',
    isOpenTo: () => false,
    docsAsset: async (name) => new Uint8Array(new TextEncoder().encode(`the file ${name}`)),
    now: () => clock.nowMs,
    newId: () => `request-${++ids}`,
    ...overrides,
  } satisfies Platform)
  await front.ensureToken('admin', ADMIN_TOKEN)
  await front.ensureToken('enrollment', ENROLLMENT_TOKEN)

  // Before a test adds routes of its own.
  contract ??= contractOf(JSON.parse(JSON.stringify(describeApi(front.app, ''))))
  const call = async (
    method: string,
    path: string,
    { token, body, headers = {} }: CallOptions = {},
  ): Promise<Answer> => {
    const response = await front.app.request(path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const isStream = response.headers.get('content-type') === 'text/event-stream'
    // One that is read to its end never ends.
    if (isStream) await response.body?.cancel()
    const text = isStream ? '' : await response.text()
    const isJson = text !== '' && response.headers.get('content-type') === 'application/json'
    const answer = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
    const violation = contract?.violation({ method, path, ...answer })
    if (violation) throw new Error(`${method} ${path} ${violation}`)
    return answer
  }
  return { ...front, clock, logged, call }
}
