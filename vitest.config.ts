import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** For what hangs, not for what is slow: a test that waits for nothing may still meet a busy machine. */
const testTimeout = 60_000

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'node', include: ['test/**/*.test.ts'], exclude: ['test/worker/**'], testTimeout } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: { LOG_LEVEL: 'error', SECRET_KEY: 'only-for-tests-only-for-tests-only' } },
          }),
        ],
        test: { name: 'worker', include: ['test/worker/**/*.test.ts'], testTimeout },
      },
    ],
  },
})
