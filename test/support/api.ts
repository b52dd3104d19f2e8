import { type Contract, contractOf } from './contract.ts'

export interface ApiAnswer {
  status: number
  body: Record<string, unknown>
}

/** What a write of a route answers, as far as tests look at it. */
export interface Write {
  domain: string
  status: string
  applied: { via: string; why: string }
  route: { id: string }
}

export interface ApiClient {
  agentId: string | undefined
  readonly token: string | undefined
  get(path: string): Promise<ApiAnswer>
  post(path: string, body: object, headers?: Record<string, string>): Promise<ApiAnswer>
  put(path: string, body: object, headers?: Record<string, string>): Promise<ApiAnswer>
  patch(path: string, body: object): Promise<ApiAnswer>
  delete(path: string, body: object): Promise<ApiAnswer>
}

/** Calls the API as an agent, whose name goes into each body, or as whom the token is for. */
export function apiClient(url: string, { agentId, token }: { agentId?: string; token?: string }): ApiClient {
  const call = async (method: string, path: string, body?: object, headers = {}): Promise<ApiAnswer> => {
    const response = await fetch(url + path, {
      method,
      signal: AbortSignal.timeout(60_000),
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body && { body: JSON.stringify({ ...(agentId && { agentId }), ...body }) }),
    })
    const { status, headers: told } = response
    const answer = { status, body: (await response.json()) as Record<string, unknown> }
    if (status < 500) await assertDeclared(url, { method, path, headers: told, ...answer })
    return answer
  }
  return {
    agentId,
    token,
    get: (path) => call('GET', path),
    post: (path, body, headers) => call('POST', path, body, headers),
    put: (path, body, headers) => call('PUT', path, body, headers),
    patch: (path, body) => call('PATCH', path, body),
    delete: (path, body) => call('DELETE', path, body),
  }
}

/** The same for every front, since it comes from the same sources. */
let contract: Contract | undefined

/** Every answer is held against the document, whatever the test looks at. */
async function assertDeclared(url: string, seen: Parameters<Contract['violation']>[0]): Promise<void> {
  contract ??= await fetch(`${url}/api/openapi.json`)
    .then(async (response) => contractOf((await response.json()) as Parameters<typeof contractOf>[0]))
    // A front that was killed meanwhile.
    .catch(() => undefined)
  const violation = contract?.violation(seen)
  if (violation) throw new Error(`${seen.method} ${seen.path} ${violation}`)
}
