import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import type { Json, Kv } from '../../shared/kv/kv.ts'
import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'
import { stagedKv } from '../../shared/kv/staged/staged.ts'
import { newFolder } from '../support/folder.ts'

const FULL = process.env.FAULTS === 'full'

describe.each([
  { what: 'small commits', kills: FULL ? 50 : 5, width: 2, maxOperations: 10_000, mostCommits: 400 },
  { what: 'staged commits of 1,000 writes', kills: FULL ? 50 : 5, width: 1_000, maxOperations: 50, mostCommits: 5 },
])('a process that is killed with -9 at random moments of $what', ({ kills, width, maxOperations, mostCommits }) => {
  it(`loses no acknowledged commit and leaves none half there, ${kills} times`, { timeout: 300_000 }, async () => {
    const path = join(newFolder(), 'store.db')
    for (let kill = 0; kill < kills; kill++) {
      const acknowledged = await commitUntilKilled([path, String(width), String(maxOperations)], mostCommits)
      const kv = stagedKv(sqliteKv(nodeSqlDatabase(path)), { now: () => Date.now() + 60_000 })
      await kv.recover()
      const count = (await kv.get<number>('count'))?.value ?? 0
      expect(count).toBeGreaterThanOrEqual(acknowledged)
      expect(new Set(await valuesUnder(kv, 'wide/'))).toEqual(new Set(count > 0 ? [count] : []))
      expect(await valuesUnder(kv, 'log/')).toEqual(Array.from({ length: count }, (_, i) => i + 1))
      await kv.close()
    }
  })
})

/** Kills it somewhere within its next few commits, in the middle of whatever it does then. Says what it acknowledged last. */
async function commitUntilKilled(args: string[], mostCommits: number): Promise<number> {
  const child = spawn('node', ['test/faults/committer.ts', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const killAfter = Math.ceil(Math.random() * mostCommits)
  let acknowledged = 0
  let seen = 0
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line)
    seen += 1
    if (seen === killAfter) setTimeout(() => child.kill('SIGKILL'), Math.random() * 5)
  }
  const [, signal] = await closed
  if (signal !== 'SIGKILL') throw new Error('the process ended by itself')
  return acknowledged
}

async function valuesUnder(kv: Kv, prefix: string): Promise<Json[]> {
  const values: Json[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: Awaited<ReturnType<Kv['list']>> = await kv.list(prefix, { after })
    values.push(...page.entries.map((entry) => entry.value))
    after = page.next
  }
  return values
}
