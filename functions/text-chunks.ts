import type { Context } from 'hono'
import { AppError } from '../shared/errors.ts'
import type { AppEnv } from './app-env.ts'
import { notJson } from './errors.ts'

const JSON_TYPE = /^application\/json *(?:;|$)/i
const MAX_BYTES = 1024 * 1024 * 1024

/** A JSON body of a call that takes it as it comes. */
export async function* textChunks(c: Context<AppEnv>): AsyncGenerator<string> {
  if (!JSON_TYPE.test(c.req.header('content-type') ?? '')) throw notJson()
  const reader = c.req.raw.body?.getReader()
  if (!reader) return
  const decoder = new TextDecoder()
  let bytes = 0
  try {
    for (;;) {
      const { value, done } = await reader.read().catch(brokeOff)
      if (done) return
      bytes += value.length
      if (bytes > MAX_BYTES) throw new AppError('BODY_TOO_LARGE', `The body is larger than ${MAX_BYTES} bytes`)
      yield decoder.decode(value, { stream: true })
    }
  } finally {
    // Who is refused may go on sending: nobody reads it.
    reader.cancel().catch(() => undefined)
  }
}

const brokeOff = (cause: unknown): never => {
  throw new AppError('MALFORMED_REQUEST', 'The body broke off', { cause })
}
