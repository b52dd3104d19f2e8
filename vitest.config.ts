import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { NOT_ON_A_WORKER, QUICK_ON_A_WORKER } from './test/support/entries.ts'

/** For what hangs, not for what is slow: a test that waits for nothing may still meet a busy machine. */
const testTimeout = 60_000
/** Most tests wait for processes rather than compute, so one for each processor would leave the machine idle. */
const maxWorkers = 3
/** A machine that does other work besides may once be too slow for what waits for a process; what is broken fails thrice. */
const retry = process.env.CI ? 2 : 0

export default defineConfig({
  test: {
    maxWorkers,
    globalSetup: 'test/support/compiled-modules.ts',
    projects: [
      {
        test: {
          name: 'e2e on a worker',
          include: process.env.E2E_WORKER === 'all' ? ['test/{e2e,faults}/**/*.test.ts'] : QUICK_ON_A_WORKER,
          exclude: Object.keys(NOT_ON_A_WORKER),
          env: { E2E_ENTRY: 'worker' },
          globalSetup: 'test/support/bundle-worker.ts',
          // A workerd beside HAProxy and its data plane takes its time to start where all of them share two cores.
          testTimeout: 2 * testTimeout,
          retry,
        },
      },
      { test: { name: 'node', include: ['test/**/*.test.ts'], exclude: ['test/worker/**'], testTimeout, retry } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: { LOG_LEVEL: 'error', SECRET_KEY: 'only-for-tests-only-for-tests-only' } },
          }),
        ],
        test: { name: 'worker', include: ['test/worker/**/*.test.ts'], testTimeout, retry },
      },
    ],
  },
})
