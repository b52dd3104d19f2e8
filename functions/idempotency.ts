import type { Context, Next } from 'hono'
import { AppError } from '../shared/errors.ts'
import type { KeptAnswers, Running } from '../shared/idempotency/kept-answers.ts'
import type { KeptAnswer } from '../shared/idempotency/sealed-answer.ts'
import type { Principal } from '../shared/identity/principal.ts'
import { answer } from './answer.ts'
import type { AppEnv } from './app-env.ts'

const KEY = /^[\x21-\x7e]{1,255}$/
/** Each answer has its own. */
const NOT_KEPT = ['x-request-id', 'content-length', 'date']

/** Goes on to what answers the call, unless the call was answered before. */
export type Idempotent = (c: Context<AppEnv>, next: Next) => Promise<Response | undefined>

export function createIdempotent(answers: KeptAnswers): Idempotent {
  return async (c, next) => {
    const key = c.req.header('idempotency-key')
    if (key === undefined || c.req.method === 'GET' || c.req.method === 'HEAD') return goOn(next)
    if (!KEY.test(key)) {
      throw new AppError('INVALID_INPUT', 'idempotency-key must be 1 to 255 visible ASCII characters without spaces')
    }
    const { scope, request, isReserved } = await identify(c)
    const begun = await answers.begin({ scope, key, request, isReserved })
    if ('kept' in begun) return answerAgain(c, begun.kept)
    return keepWhatComes(c, next, begun.running, isReserved)
  }
}

async function goOn(next: Next): Promise<undefined> {
  await next()
}

async function keepWhatComes(c: Context<AppEnv>, next: Next, running: Running, isReserved: boolean) {
  try {
    await next()
    const { status } = c.res
    if (!mayKeep(status, isReserved)) {
      await running.forget()
      return undefined
    }
    const fresh = await toKept(c.res.clone())
    const kept = await running.keep(fresh)
    return kept === fresh ? undefined : answerAgain(c, kept)
  } catch (error) {
    await running.forget().catch(() => undefined)
    throw error
  }
}

/** What may be otherwise in a moment is not kept, nor what a stranger is told. */
const mayKeep = (status: number, isReserved: boolean): boolean =>
  isReserved ? status < 500 && status !== 429 : status < 300

async function toKept(response: Response): Promise<KeptAnswer> {
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !NOT_KEPT.includes(name)))
  return { status: response.status, headers, body: await response.text() }
}

function answerAgain(c: Context<AppEnv>, { status, headers, body }: KeptAnswer): Response {
  const again = { ...headers, 'idempotency-replayed': 'true' }
  return answer(c, body === '' ? null : body, status, headers['content-type'] ?? 'application/json', again)
}

/** Who shows credentials anew has the same scope. Of a call that is for everybody, they are all that says whose it is. */
async function identify(c: Context<AppEnv>) {
  const text = await c.req.text()
  const body: unknown = text === '' ? {} : await c.req.json()
  const { agentKey, ...others } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const principal = c.get('principal') as Principal | undefined
  const { method, url } = c.req
  const conditions = [c.req.header('if-match') ?? '', c.req.header('if-none-match') ?? '']
  const what = Array.isArray(body) ? body : others
  return {
    scope: principal
      ? scopeOf(principal)
      : JSON.stringify([c.req.header('authorization') ?? '', others.agentId ?? '', agentKey ?? '']),
    request: JSON.stringify([method, url.slice(url.indexOf('/', url.indexOf('://') + 3)), conditions, what]),
    isReserved: principal !== undefined,
  }
}

/** An agent that registered anew under the same name is another one. */
const scopeOf = (principal: Principal): string =>
  principal.kind === 'agent'
    ? `agent ${principal.agentId} ${principal.agent.incarnation}`
    : `${principal.kind} ${principal.tokenId}`
