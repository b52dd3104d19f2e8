import { type Answer, APPLY_TIMEOUT_MS, type Calls } from './calls.ts'
import { plainText } from './checks.ts'
import type { Applied, CallOptions, DataPlane, RawConfiguration, ReloadWhen } from './data-plane.ts'
import { DataPlaneError, isFault } from './data-plane-error.ts'

type Configuration = Pick<DataPlane, 'version' | 'raw' | 'pushRaw' | 'validate' | 'checkAhead' | 'forgetFailedReload'>

const TRIES = 8
/** What the real Data Plane API answers to a call that only the embedded one has. */
export const NO_SUCH_CALL = [404, 405, 501]

export function configurationCalls(calls: Calls): Configuration {
  return {
    version: (options) => currentVersion(calls, options),
    raw: (options) => readRaw(calls, options),
    forgetFailedReload: (options) => forgetFailedReload(calls, options),

    async pushRaw(text, { version, reload, ...options }) {
      return await restoring(calls, options, () => post(calls, text, { version, reload, ...options }))
    },

    async validate(text, options) {
      const query = { only_validate: true, skip_version: true }
      await calls.post('/configuration/raw', { timeoutMs: APPLY_TIMEOUT_MS, ...options, query, text: plainText(text) })
    },

    async checkAhead(text, options) {
      const call = { timeoutMs: APPLY_TIMEOUT_MS, ...options, text: plainText(text), expect: NO_SUCH_CALL }
      await calls.post('/configuration/raw/check', call)
    },
  }
}

export async function currentVersion(calls: Calls, options?: CallOptions): Promise<number> {
  const { data } = await calls.get('/configuration/version', options)
  if (typeof data !== 'number') throw new DataPlaneError('unreachable', 'An answer without a version')
  return data
}

export function appliedBy({ version, reloadId }: Answer): Applied {
  return { version, reloadId }
}

/**
 * When HAProxy checks a configuration and then does not start with it (a port that somebody else has), the file is put
 * back but the API goes on with what was refused, and every later change fails with it. So it is told what the file says.
 */
export async function restoring<T>(calls: Calls, options: CallOptions, change: () => Promise<T>): Promise<T> {
  try {
    return await change()
  } catch (error) {
    if (error instanceof DataPlaneError && error.reloadFailed) {
      // The signal may be over, the damage is not.
      await forgetFailedReload(calls, { timeoutMs: options.timeoutMs }).catch(() => {})
    }
    throw error
  }
}

/** The file holds what the worker runs; pushing it under the API's own version makes both the same again. */
export async function forgetFailedReload(calls: Calls, options: CallOptions = {}): Promise<number> {
  for (let tries = 1; ; tries++) {
    const { text, version } = await readRaw(calls, options)
    try {
      return (await post(calls, text, { ...options, version, reload: 'never' })).version
    } catch (error) {
      if (!isFault(error, 'conflict') || tries === TRIES) throw error
      await calls.pause(tries, options.signal)
    }
  }
}

async function readRaw(calls: Calls, options?: CallOptions): Promise<RawConfiguration> {
  const { text, version } = await calls.get('/configuration/raw', options)
  if (!Number.isInteger(version)) throw new DataPlaneError('unreachable', 'An answer without a version')
  return { version, text: withoutHead(text) }
}

/** What the API writes on top of the file for itself. */
function withoutHead(text: string): string {
  return text.replace(/^(?:# (?:_\w+=.*|Dataplaneapi managed File|changing file directly can cause .*)?\n|\n)+/, '')
}

const RELOAD_QUERY: Record<ReloadWhen, object> = {
  now: { force_reload: true },
  later: {},
  never: { skip_reload: true },
}

interface Push extends CallOptions {
  version: number
  reload: ReloadWhen
}

async function post(calls: Calls, text: string, { version, reload, ...options }: Push): Promise<Applied> {
  const query = { version, ...RELOAD_QUERY[reload] }
  return appliedBy(
    await calls.post('/configuration/raw', { timeoutMs: APPLY_TIMEOUT_MS, ...options, query, text: plainText(text) }),
  )
}
