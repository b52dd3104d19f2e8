import { AppError } from '../shared/errors.ts'
import { readConfig } from './node/environment.ts'
import { processLog } from './node/log-output.ts'
import { startFront } from './node/start.ts'
import { startBlock } from './node/start-block.ts'
import { StartError } from './node/start-error.ts'

/** A terminal's Ctrl-C reaches this process twice, directly and through npm. */
const SAME_PRESS_MS = 1_000

async function main(): Promise<void> {
  // Whatever this process and its children write is its owner's alone.
  process.umask(0o077)
  const config = readConfig(process.env)
  const { log, flush } = processLog(config.LOG_LEVEL, process.stdout)
  const front = await startFront(config, log)
  let askedAtMs: number | undefined
  const stop = async (signal: NodeJS.Signals) => {
    if (askedAtMs !== undefined && Date.now() - askedAtMs > SAME_PRESS_MS) process.exit(1)
    if (askedAtMs !== undefined) return
    askedAtMs = Date.now()
    log.info('Stopping: requests that run may finish', { signal })
    await front.stop()
    log.info('Stopped')
    flush()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.stdout.write(startBlock(front.block))
}

try {
  await main()
} catch (error) {
  const expected = error instanceof StartError || error instanceof AppError
  process.stderr.write(`${expected ? error.message : (error instanceof Error && error.stack) || error}\n`)
  process.exitCode = 1
}
