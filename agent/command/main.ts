import { COMMANDS } from './commands.ts'
import { runCommand } from './run.ts'

const ended = new AbortController()
const stop = () => {
  // Who presses again does not want to wait.
  if (ended.signal.aborted) process.exit(130)
  ended.abort()
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
// `cloudlunacy-agent logs | head` is no mistake.
process.stdout.on('error', () => process.exit(0))

process.exitCode = await runCommand(process.argv.slice(2), {
  commands: COMMANDS,
  environment: process.env,
  signal: ended.signal,
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
})
