/** `npm run bench -- kv app`: the named benchmarks, one after the other; without a name, all of them. */
const BENCHMARKS: Record<string, () => Promise<{ run(): Promise<void> }>> = {
  kv: () => import('./kv.ts'),
  app: () => import('./app.ts'),
  pki: () => import('./pki.ts'),
  identity: () => import('./identity.ts'),
  calls: () => import('./calls.ts'),
  lanes: () => import('./lanes.ts'),
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in BENCHMARKS))
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}: there are ${Object.keys(BENCHMARKS).join(', ')}\n`)
  process.exit(1)
}
for (const name of asked.length > 0 ? asked : Object.keys(BENCHMARKS)) {
  process.stdout.write(`== ${name} ==\n\n`)
  await (await BENCHMARKS[name]?.())?.run()
}
