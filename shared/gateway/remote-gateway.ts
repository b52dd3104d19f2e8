import type { Route } from '../domain/route-record.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Gateway, Outcome, RouteChange, StoredBackend } from './gateway.ts'
import type { Measures } from './measures.ts'
import type { BackendState, NodeState, RouteState } from './states.ts'
import type { Traffic } from './traffic.ts'
import { worst } from './worst.ts'

/** Errors lose their class on the way between worker and object, so their code goes as data. */
export type Answered<T> = { ok: T } | { error: { code: ErrorCode; message: string } }

/** The calls that the object answers which holds the gateway. Many routes cross as JSON text: objects are cloned property by property. */
export interface GatewayStub {
  apply(changes: string, waitMs: number | undefined): Promise<Answered<Outcome>>
  applyBackends(changes: string, waitMs: number | undefined): Promise<Answered<Outcome>>
  backends(keys: string[]): Promise<Answered<BackendState[]>>
  status(routes: string): Promise<Answered<RouteState[]>>
  nodes(): Promise<Answered<NodeState[]>>
  refreshNodes(): Promise<Answered<null>>
  reconcile(node: string | undefined): Promise<Answered<boolean>>
  ready(): Promise<Answered<boolean>>
  answerChallenge(path: string, answer: string | null): Promise<Answered<null>>
  traffic(routes: string): Promise<Answered<Traffic>>
  measures(): Promise<Answered<Measures>>
}

/** One call may carry 32 MiB; a character may take three bytes. */
const MOST_CHARACTERS = 8 * 1024 * 1024

/** The gateway as the handlers of a worker see it. A stub belongs to the request that made it, so each call asks for one. */
export function remoteGateway(stub: () => GatewayStub): Gateway {
  return {
    async apply(changes, { waitMs } = {}) {
      const parts = inParts<RouteChange>(changes, MOST_CHARACTERS)
      return together(await Promise.all(parts.map((part) => opened(stub().apply(part, waitMs)))))
    },
    async applyBackends(changes, { waitMs } = {}) {
      const parts = inParts<StoredBackend>(changes, MOST_CHARACTERS)
      return together(await Promise.all(parts.map((part) => opened(stub().applyBackends(part, waitMs)))))
    },
    backends: (keys) => opened(stub().backends([...keys])),
    async status(routes) {
      const parts = inParts<Route>(routes, MOST_CHARACTERS)
      return (await Promise.all(parts.map((part) => opened(stub().status(part))))).flat()
    },
    nodes: () => opened(stub().nodes()),
    async refreshNodes() {
      await opened(stub().refreshNodes())
    },
    reconcile: (node) => opened(stub().reconcile(node)),
    ready: () => opened(stub().ready()),
    async answerChallenge(path, answer) {
      await opened(stub().answerChallenge(path, answer))
    },
    measures: () => opened(stub().measures()),
    async traffic(routes) {
      const parts = inParts<Route>(routes, MOST_CHARACTERS)
      const all = await Promise.all((parts.length > 0 ? parts : ['[]']).map((part) => opened(stub().traffic(part))))
      return { nodes: all[0]?.nodes ?? [], routes: all.flatMap((each) => each.routes) }
    },
  }
}

/** The object's side. */
export async function answered<T>(work: Promise<T>): Promise<Answered<T>> {
  try {
    return { ok: await work }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { error: { code: error.code, message: error.message } }
  }
}

async function opened<T>(call: Promise<Answered<T>>): Promise<T> {
  const answer = await call.catch((cause) => {
    throw new AppError('NOT_READY', 'What drives the nodes does not answer at this moment: try again', { cause })
  })
  if ('error' in answer) throw new AppError(answer.error.code, answer.error.message)
  return answer.ok
}

/** As JSON arrays, each below the size. */
function inParts<T>(all: readonly T[], mostCharacters: number): string[] {
  const parts: string[] = []
  let [part, size]: [string[], number] = [[], 0]
  const close = () => {
    parts.push(`[${part.join()}]`)
    ;[part, size] = [[], 0]
  }
  for (const text of all.map((each) => JSON.stringify(each))) {
    if (size > 0 && size + text.length > mostCharacters) close()
    part.push(text)
    size += text.length + 1
  }
  if (part.length > 0) close()
  return parts
}

function together(outcomes: Outcome[]): Outcome {
  const [first, ...others] = outcomes
  if (!first) return { status: 'live', reason: null, applied: { via: 'none', why: 'nothing changed', steps: [] } }
  return { ...first, ...worst([first, ...others]) }
}
