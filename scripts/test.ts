import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `npm test`: the checks, then every suite; the last line counts the tests, from the runner's own report. */
const folder = mkdtempSync(join(tmpdir(), 'report-'))
const report = join(folder, 'report.json')
try {
  const checked = run('node', ['scripts/check.ts'])
  const tested = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`])
  const { passed, failed, skipped } = counts(report)
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  process.exitCode = checked && tested && failed === 0 && passed > 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true })
}

function run(command: string, args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0
}

function counts(path: string): { passed: number; failed: number; skipped: number } {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(path, 'utf8'))
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests }
  } catch {
    // The runner died before it could report.
    return { passed: 0, failed: 1, skipped: 0 }
  }
}
