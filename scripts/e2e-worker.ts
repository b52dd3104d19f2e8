import { spawnSync } from 'node:child_process'
import { NOT_ON_A_WORKER } from '../test/support/entries.ts'

/** `npm run e2e:worker`: every end-to-end file on the worker's entry, and the names of those that make no sense there. */
for (const [file, reason] of Object.entries(NOT_ON_A_WORKER)) process.stdout.write(`skipped  ${file}: ${reason}\n`)
const { status } = spawnSync('vitest', ['run', '--project', 'e2e on a worker', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, E2E_WORKER: 'all' },
})
process.exitCode = status ?? 1
