import { spawn } from 'node:child_process'

/** All at once; only what complains is heard. */
const CHECKS: [name: string, command: string, ...args: string[]][] = [
  ['format, lint and direction of imports', 'biome', 'check', '.'],
  ['types', 'tsc'],
  ['types in the worker', 'tsc', '--project', 'tsconfig.worker.json'],
  ['dead code and unused packages', 'knip'],
]

const results = await Promise.all(CHECKS.map(([name, command, ...args]) => run(name, command, args)))
process.exitCode = results.every((passed) => passed) ? 0 : 1

async function run(name: string, command: string, args: string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const passed = await new Promise((resolve) => {
    child.on('error', (error) => {
      output += `${error.message}\n`
      resolve(false)
    })
    child.on('close', (code) => resolve(code === 0))
  })
  process.stdout.write(passed ? `ok      ${name}\n` : `FAILED  ${name}\n${output}`)
  return passed === true
}
