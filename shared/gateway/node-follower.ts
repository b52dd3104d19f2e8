import type { Kv } from '../kv/kv.ts'
import { keepDoing } from '../lib/keep-doing.ts'
import type { Log } from '../log/log.ts'
import { NODES } from '../nodes/store-keys.ts'

export interface FollowNodesOptions {
  refresh: () => Promise<void>
  log: Log
  signal: AbortSignal
}

/** Whichever front adds or removes a node, all of them drive it, or leave it alone. */
export function followNodes(kv: Kv, { refresh, log, signal }: FollowNodesOptions): Promise<void> {
  const once = async () => {
    const { revision } = await kv.list(NODES, { limit: 1 })
    await refresh()
    for await (const _ of kv.watch(NODES, { from: revision, signal })) await refresh()
  }
  return keepDoing(once, {
    signal,
    failed: (error) => log.error('Could not follow which nodes there are: trying again', { error }),
  })
}
