import { resolve } from 'node:path'
import { sleep } from '../../shared/lib/sleep.ts'
import type { Log } from '../../shared/log/log.ts'
import { followFile } from '../../shared/providers/file/node-watched-file.ts'
import { type GatewaySettings, parseGatewayFile } from '../../shared/providers/gateway-file.ts'
import { GatewayFileError } from '../../shared/providers/gateway-file-error.ts'
import type { Kinds } from '../../shared/providers/kind.ts'
import type { ProviderManager } from '../../shared/providers/manager.ts'
import { SourceError } from '../../shared/providers/source-error.ts'
import type { Config } from '../config.ts'
import { isShared } from './open-kv.ts'
import { StartError } from './start-error.ts'

const DEFAULT_FILE = './gateway.yaml'
const AGAIN_MS = 1_000

interface Parts {
  providers: ProviderManager
  log: Log
}

/** Runs the providers that the settings name. Comes back when the first state was taken up; gives back what ends it. */
export async function followGateway(
  config: Config,
  { providers, kinds, log }: Parts & { kinds: Kinds },
): Promise<() => Promise<void>> {
  const { GATEWAY_YAML, GATEWAY_FILE } = config
  const ending = new AbortController()
  const parse = (text: string) => parseGatewayFile(text, { kinds, env: process.env, log })
  const apply = (settings: GatewaySettings, file: string | null) =>
    configure(settings, { providers, log, file, signal: ending.signal })
  let following: Promise<void> = Promise.resolve()
  if (GATEWAY_YAML !== undefined) await apply(readVariable(GATEWAY_YAML, parse), null)
  else {
    const first = Promise.withResolvers<void>()
    following = follow(resolve(GATEWAY_FILE ?? DEFAULT_FILE), {
      ...{ isNeeded: GATEWAY_FILE !== undefined, isAlone: !isShared(config.KV), parse, apply, providers, log },
      ...{ signal: ending.signal, looked: first.resolve },
    })
    await Promise.race([first.promise, following])
  }
  return async () => {
    ending.abort()
    await following
    await providers.stop()
  }
}

function readVariable(text: string, parse: (text: string) => GatewaySettings): GatewaySettings {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof GatewayFileError)) throw error
    throw new StartError(error.message.replaceAll(/^/gm, 'GATEWAY_YAML '), error)
  }
}

interface Following extends Parts {
  /** Whether somebody has said that there is one. */
  isNeeded: boolean
  /** Whether no other front has the store. */
  isAlone: boolean
  signal: AbortSignal
  parse(text: string): GatewaySettings
  apply(settings: GatewaySettings, file: string): Promise<void>
  /** Called after each look. */
  looked(): void
}

async function follow(file: string, following: Following): Promise<void> {
  const { isNeeded, isAlone, signal, parse, apply, providers, log, looked } = following
  const refuse = (error: Error) => {
    const before = providers.source
    if (before?.error === error.message) return
    providers.source = { file, appliedAt: before?.appliedAt ?? null, error: error.message }
    const why = error.message.replaceAll('\n', '; ')
    log.error('The gateway’s file cannot be used: the last good state holds', { file, why })
  }
  for await (const found of followFile(file, signal)) {
    try {
      // Nobody has said that there must be one. What other fronts have is theirs.
      if (found instanceof SourceError && !isNeeded && providers.source === null) {
        if (isAlone) await providers.configure([])
      } else if (found instanceof SourceError) refuse(found)
      else await apply(parse(found), file)
    } catch (error) {
      if (!(error instanceof GatewayFileError)) throw error
      refuse(error)
    }
    looked()
  }
}

/** Until the store has taken it. */
async function configure(
  { providers: configured, channelSize }: GatewaySettings,
  { providers, log, file, signal }: Parts & { file: string | null; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await providers.configure(configured, { channelSize })
      providers.source = { file, appliedAt: new Date().toISOString(), error: null }
      log.info('The gateway’s providers are set', { file, providers: configured.map(({ name }) => name) })
      return
    } catch (error) {
      log.error('Could not set the gateway’s providers: it is tried again', { error })
      await sleep(AGAIN_MS, signal)
    }
  }
}
