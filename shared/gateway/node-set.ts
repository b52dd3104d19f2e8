import { createGate } from '../lib/gate.ts'
import { sleep } from '../lib/sleep.ts'
import type { Log } from '../log/log.ts'
import type { GatewayNode } from './node.ts'

/** A node that the store names. */
export interface FurtherNode {
  name: string
  /** Of what the store says: another one is another node. */
  version: number
  open(): Promise<OpenedNode>
}

interface OpenedNode {
  node: GatewayNode
  /** Ends the connections that are kept. */
  close(): void
}

/** The nodes that the gateway drives: those of the front's settings, and others that come and go. */
export interface NodeSet {
  readonly all: readonly GatewayNode[]
  readonly configured: readonly GatewayNode[]
  /** Brings all to what was accepted, then keeps them so. Comes back after the first pass of each. */
  start(): Promise<void>
  /** Looks again which ones there are. Comes back when those that are new were compared once. */
  refresh(): Promise<void>
  /** Resolves after each settling and each pass, and when nodes came or went. */
  progress(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

export interface NodeSetOptions {
  configured: readonly GatewayNode[]
  further: () => Promise<FurtherNode[]>
  log: Log
  intervalMs: number
}

interface Kept {
  version: number
  node: GatewayNode
  /** Its first comparison, also where that failed. */
  first: Promise<void>
  leave(): Promise<void>
}

const FIRST_RETRY_MS = 250
/** A node that does not answer must keep nobody waiting. */
const FIRST_PASS_PATIENCE_MS = 15_000
const LEAVING_PATIENCE_MS = 5_000

export function createNodeSet({ configured, further, log, intervalMs }: NodeSetOptions): NodeSet {
  const stopping = new AbortController()
  const kept = new Map<string, Kept>()
  const leaving = new Set<Promise<void>>()
  const turns = createGate()
  const running: Promise<void>[] = []
  let all: readonly GatewayNode[] = configured
  let bell = Promise.withResolvers<void>()

  const ring = () => {
    all = [...configured, ...[...kept.values()].map(({ node }) => node)]
    bell.resolve()
    bell = Promise.withResolvers()
  }

  const bring = async ({ name, version, open }: FurtherNode): Promise<void> => {
    try {
      const { node, close } = await open()
      const gone = new AbortController()
      const keeping = keepNode(node, AbortSignal.any([gone.signal, stopping.signal]), intervalMs)
      const leave = async () => {
        gone.abort()
        await Promise.all([node.stop(), keeping])
        close()
      }
      kept.set(name, { version, node, first: node.pass(), leave })
    } catch (error) {
      log.error(`Could not open the node ${name}`, { node: name, error })
    }
  }

  /** What still runs there may take its time, but the next one of this name should not meet it. */
  const drop = async (name: string): Promise<void> => {
    const left = kept.get(name)?.leave() ?? Promise.resolve()
    kept.delete(name)
    const done = left.catch((error) => log.error(`Could not leave the node ${name}`, { node: name, error }))
    leaving.add(done)
    void done.then(() => leaving.delete(done))
    await Promise.race([done, sleep(LEAVING_PATIENCE_MS)])
  }

  const exchange = async (): Promise<void> => {
    const wanted = new Map((await further()).map((each) => [each.name, each]))
    if (stopping.signal.aborted) return
    for (const [name, { version }] of kept) if (wanted.get(name)?.version !== version) await drop(name)
    await Promise.all([...wanted.values()].filter(({ name }) => !kept.has(name)).map(bring))
    ring()
  }

  /** Whoever noticed them first, this one's caller waits for it too. */
  const compared = async (others: Promise<void>[] = []) => {
    const over = new AbortController()
    const late = sleep(FIRST_PASS_PATIENCE_MS, AbortSignal.any([over.signal, stopping.signal]))
    await Promise.race([Promise.all([...others, ...[...kept.values()].map(({ first }) => first)]), late])
    over.abort()
  }

  return {
    get all() {
      return all
    },
    configured,

    async start() {
      await turns.run(exchange)
      const first = configured.map((node) => node.pass())
      running.push(...configured.map((node) => keepNode(node, stopping.signal, intervalMs)))
      await compared(first)
    },

    async refresh() {
      await turns.run(exchange)
      await compared()
    },

    async progress(signal) {
      await Promise.race([bell.promise, ...all.map((node) => node.progress(signal))])
    },

    async stop() {
      stopping.abort()
      await Promise.all(configured.map((node) => node.stop()))
      for (const name of [...kept.keys()]) await drop(name)
      await Promise.all([...running, ...leaving])
    },
  }
}

/** A failure is looked at once, and what failed again with more and more patience. */
async function keepNode(node: GatewayNode, signal: AbortSignal, intervalMs: number): Promise<void> {
  for (let retryMs = FIRST_RETRY_MS; !signal.aborted; ) {
    const wake = AbortSignal.any([
      signal,
      AbortSignal.timeout(node.online ? intervalMs : Math.min(retryMs, intervalMs)),
    ])
    retryMs = node.online ? FIRST_RETRY_MS : 2 * retryMs
    const wasOnline = node.online
    while (!wake.aborted && node.online === wasOnline) await node.progress(wake)
    if (!signal.aborted) await node.pass()
  }
}
