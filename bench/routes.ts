import { benchBulk, benchSettling } from './routes/bulk.ts'
import { benchCaddy } from './routes/caddy.ts'
import { benchDeletion } from './routes/deletion.ts'
import { benchIdle } from './routes/idle.ts'
import { benchLive } from './routes/live.ts'
import { type Options, parseOptions } from './routes/options.ts'
import { benchReads } from './routes/reads.ts'
import { benchReloads } from './routes/reloads.ts'
import { benchRestart } from './routes/restart.ts'
import { benchTextbook } from './routes/textbook.ts'
import { benchThroughput } from './routes/throughput.ts'

/** Each on fronts of its own. `npm run bench -- routes/bulk --profile` is one of them alone. */
const PARTS: Record<string, (options: Options) => Promise<void>> = {
  live: benchLive,
  reloads: benchReloads,
  textbook: benchTextbook,
  caddy: benchCaddy,
  bulk: benchBulk,
  settling: benchSettling,
  restart: benchRestart,
  deletion: benchDeletion,
  idle: benchIdle,
  throughput: benchThroughput,
  reads: benchReads,
}

export async function run(args: string[], part: string | null): Promise<void> {
  const options = parseOptions(args)
  if (part !== null && !(part in PARTS)) throw new Error(`The parts of routes are ${Object.keys(PARTS).join(', ')}`)
  for (const [name, bench] of Object.entries(PARTS)) if (part === null || part === name) await bench(options)
}
