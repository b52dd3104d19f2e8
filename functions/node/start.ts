import { resolve } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { ensureFirstToken, type TokenKind } from '../../shared/identity/first-tokens.ts'
import { assertSecretKey } from '../../shared/identity/key-check.ts'
import { type KeyedHash, keyedHash } from '../../shared/identity/keyed-hash.ts'
import type { Kv } from '../../shared/kv/kv.ts'
import { migrate } from '../../shared/kv/schema.ts'
import { type StagedKv, stagedKv } from '../../shared/kv/staged/staged.ts'
import type { Log } from '../../shared/log/log.ts'
import { createApp } from '../app.ts'
import type { Config } from '../config.ts'
import { openDataDir } from './data-dir.ts'
import { docsAsset } from './docs-assets.ts'
import { openKv } from './open-kv.ts'
import { listen } from './server.ts'
import type { StartBlock } from './start-block.ts'

export interface Front {
  block: StartBlock
  /** In-flight requests finish, then everything closes. */
  stop(): Promise<void>
}

const GRACE_MS = 10_000

/** Starts every part in the order in which they need each other; stops them in the opposite one. */
export async function startFront(config: Config, log: Log): Promise<Front> {
  const closing: (() => unknown)[] = []
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const dataDir = openDataDir(resolve(config.DATA_DIR), config.SECRET_KEY)
    closing.push(dataDir.release)
    const kv = stagedKv(openKv(config.KV, dataDir.path))
    closing.push(() => kv.close())
    const hash = await keyedHash(dataDir.secretKey)
    await migrate(kv)
    await assertSecretKey(kv, hash)
    const tokens = await firstTokens(kv, hash, config)

    closing.push(recoverEvery(config.RECONCILE_INTERVAL_MS, kv, log))
    const { version } = packageJson
    const app = createApp({ kv, log, version, docsAsset, now: Date.now, newId: () => crypto.randomUUID() })
    const server = await listen(app, { host: config.HOST, port: config.PORT })
    closing.push(() => server.stop(GRACE_MS))
    return { block: { config, version, dataDir: dataDir.path, tokens }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function firstTokens(kv: Kv, hash: KeyedHash, config: Config): Promise<StartBlock['tokens']> {
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
  const ensure = (kind: TokenKind, given: string | undefined) => ensureFirstToken(kv, hash, { kind, given, random })
  return {
    admin: await ensure('admin', config.ADMIN_TOKEN),
    enrollment: await ensure('enrollment', config.ENROLLMENT_TOKEN),
  }
}

/** Large changes that a front began and did not live to finish, here or on another machine. */
function recoverEvery(intervalMs: number, kv: StagedKv, log: Log): () => void {
  const recover = async () => {
    try {
      const changes = await kv.recover()
      if (changes > 0) log.warn('Finished or undid large changes that were cut off', { changes })
    } catch (error) {
      log.error('Could not look for large changes that were cut off', { error })
    }
  }
  void recover()
  const timer = setInterval(recover, intervalMs)
  return () => clearInterval(timer)
}
