/**
 * `npm run bench -- kv app`: the named benchmarks, one after the other; without a name, all of them. `routes/bulk` is a
 * part of one. Words that begin with -- are for the benchmarks.
 */
const BENCHMARKS: Record<string, () => Promise<{ run(options: string[], part: string | null): Promise<void> }>> = {
  kv: () => import('./kv.ts'),
  app: () => import('./app.ts'),
  pki: () => import('./pki.ts'),
  identity: () => import('./identity.ts'),
  calls: () => import('./calls.ts'),
  lanes: () => import('./lanes.ts'),
  routes: () => import('./routes.ts'),
  backup: () => import('./backup.ts'),
  events: () => import('./events.ts'),
  ingress: () => import('./ingress.ts'),
  gateway: () => import('./gateway.ts'),
  sources: () => import('./sources.ts'),
  agents: () => import('./agents.ts'),
  certificates: () => import('./certificates.ts'),
}

const words = process.argv.slice(2)
const options = words.filter((word) => word.startsWith('--'))
const asked = words.filter((word) => !word.startsWith('--'))
const unknown = asked.filter((name) => !(benchmarkOf(name) in BENCHMARKS))
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}: there are ${Object.keys(BENCHMARKS).join(', ')}\n`)
  process.exit(1)
}
for (const name of asked.length > 0 ? asked : Object.keys(BENCHMARKS)) {
  process.stdout.write(`== ${name} ==\n\n`)
  const [, part = null] = name.split('/')
  await (await BENCHMARKS[benchmarkOf(name)]?.())?.run(options, part)
}

function benchmarkOf(name: string): string {
  return name.split('/')[0] as string
}
