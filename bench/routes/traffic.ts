import { getOnce, keptCalls } from './http.ts'

/**
 * A process that asks HAProxy for random hosts until it is told to stop: half of it over connections that are kept,
 * half on fresh ones. Says how many requests there were, and what became of those that failed.
 */
const [port, hosts, suffix] = process.argv.slice(2) as [string, string, string]
const WORKERS = 4
const PAUSE_MS = 2

let isOver = false
let requests = 0
const failures: string[] = []

async function work(ask: (host: string) => Promise<number>): Promise<void> {
  while (!isOver) {
    const host = `site-${Math.floor(Math.random() * Number(hosts))}${suffix}`
    const status = await ask(host)
    requests++
    if (status !== 200) failures.push(`${host}: ${status}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

function kept(): (host: string) => Promise<number> {
  const call = keptCalls(Number(port))
  return async (host) => (await call('GET', '/', undefined, { host }).catch(() => ({ status: 0 }))).status
}

process.once('message', () => (isOver = true))
const workers = Array.from({ length: WORKERS }, (_, i) => work(i % 2 ? kept() : (host) => getOnce(Number(port), host)))
process.send?.('started')
await Promise.all(workers)
process.send?.({ requests, failures }, () => process.exit())
