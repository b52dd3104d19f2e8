import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import {
  createDataPlaneServer,
  type DataPlaneServer,
  type DataPlaneServerOptions,
} from '../../haproxy/dataplane/server.ts'
import { createLog } from '../../shared/log/log.ts'
import { newFolder } from '../support/folder.ts'

/** The program that the tests run: `HAPROXY=/path/to/another npx vitest run test/dataplane`. */
export const HAPROXY = process.env.HAPROXY ?? 'haproxy'
const BASE = '/v3/services/haproxy'

export interface Reply {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind
  json: any
}

export interface TestDataPlane {
  server: DataPlaneServer
  folder: string
  logged: string[]
  /** Below /v3/services/haproxy, or anywhere below /v3. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  /** Puts these sections behind those that are there, and loads them. */
  load(sections: string): Promise<Reply>
  path(...parts: string[]): string
}

/** A data plane with a HAProxy of its own; both are gone when the test is over. */
export async function startDataPlane(options: Partial<DataPlaneServerOptions> = {}): Promise<TestDataPlane> {
  const plane = await newDataPlane(options)
  await plane.server.start()
  return plane
}

export async function newDataPlane(options: Partial<DataPlaneServerOptions> = {}): Promise<TestDataPlane> {
  const folder = options.folder ?? newFolder()
  const logged: string[] = []
  const log = createLog({ write: (line) => void logged.push(line), level: 'debug' })
  const server = await createDataPlaneServer({
    folder,
    log,
    haproxy: HAPROXY,
    reloadDelayMs: 20,
    restartDelayMs: 10,
    ...options,
  })
  onTestFinished(() => server.stop({ keepHaproxy: false }))
  const { auth } = options
  const authorization = auth ? { authorization: `Basic ${btoa(`${auth.user}:${auth.password}`)}` } : {}
  const call: TestDataPlane['call'] = async (method, path, body, headers = {}) => {
    const url = `http://data-plane${path.startsWith('/v3') ? path : BASE + path}`
    const type = typeof body === 'string' ? 'text/plain' : 'application/json'
    const isPlain = body !== undefined && !(body instanceof FormData)
    const content = !isPlain || typeof body === 'string' ? body : JSON.stringify(body)
    const request = new Request(url, {
      method,
      headers: { ...authorization, ...(isPlain && { 'content-type': type }), ...headers },
      ...(body !== undefined && { body: content as string | FormData }),
    })
    const response = await server.app.fetch(request)
    const text = await response.text()
    const isJson = response.headers.get('content-type') === 'application/json'
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }
  const load = async (sections: string) => {
    const { text, headers } = await call('GET', '/configuration/raw')
    const version = headers.get('configuration-version')
    const reply = await call('POST', `/configuration/raw?version=${version}&force_reload=true`, `${text}\n${sections}`)
    expect(reply.text).not.toMatch(/"code"/)
    return reply
  }
  return { server, folder, logged, call, load, path: (...parts) => join(folder, ...parts) }
}

/** Waits until no reload waits or runs. */
export async function reloaded({ call }: TestDataPlane): Promise<void> {
  await vi.waitFor(async () => expect((await call('GET', '/reloads')).text).not.toContain('in_progress'), {
    timeout: 30_000,
    interval: 10,
  })
}

export const upload = (filename: string, content: string, field = 'file_upload') => {
  const form = new FormData()
  form.set(field, new File([content], filename))
  return form
}

export function newCertificate(commonName: string, folder = newFolder()): { certificate: string; key: string } {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const args = [
    'req',
    '-x509',
    ...curve,
    '-keyout',
    key,
    '-out',
    certificate,
    '-subj',
    `/CN=${commonName}`,
    '-days',
    '9',
  ]
  execFileSync('openssl', args, { stdio: 'ignore' })
  return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') }
}
