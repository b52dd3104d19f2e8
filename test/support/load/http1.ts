import { ask, keepAlive } from '../ask.ts'
import { type Client, type Load, startLoad } from './load.ts'

/** A name that requests go to, and what may answer it at this moment. */
export interface Asked {
  host: string
  /** Names of targets. */
  answers(): readonly string[]
}

/** HTTP/1.1, on connections that are used again or on a new one for each request. */
export function http1Load(
  port: number,
  asked: readonly Asked[],
  { clients = 4, connections, pauseMs }: { clients?: number; connections: 'kept' | 'new'; pauseMs?: number },
): Load {
  const connect = (index: number): Client => {
    const agent = connections === 'kept' ? keepAlive(1) : false
    let turn = index
    return {
      async ask() {
        const each = nextOf(asked, turn++)
        const before = each.answers()
        const { status, body } = await ask(port, each.host, { agent })
        expectAnswer(each, before, status, body)
      },
      close() {
        if (agent) agent.destroy()
      },
    }
  }
  return startLoad({ name: `HTTP/1.1, ${connections} connections`, clients, pauseMs, connect })
}

export function nextOf<T>(list: readonly T[], turn: number): T {
  const each = list[turn % list.length]
  if (each === undefined) throw new Error('there is nothing to ask for')
  return each
}

/** While a target is being changed, the old one and the new one are both right. */
export function expectAnswer(asked: Asked, before: readonly string[], status: number, body: string): void {
  const right = [...before, ...asked.answers()].map((name) => `${name} for ${asked.host}`)
  if (status !== 200 || !right.includes(body))
    throw new Error(`${asked.host} answered ${status} ${body.slice(0, 60)} instead of ${right.join(' or ')}`)
}
