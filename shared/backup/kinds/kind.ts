import { z } from 'zod'
import type { Target, TargetRequest } from '../../domain/route-record.ts'
import { AppError } from '../../errors.ts'
import type { Json } from '../../kv/kv.ts'
import type { Targets } from '../../targets/targets.ts'
import type { Names } from '../head.ts'

/** What the front that imports knows. */
export interface ImportContext {
  names: Names
  targets: Targets
  /** Where backends may go. */
  backendTargets: Targets
}

/** One kind of keys of the store, and how a record of it is read from a document. */
export interface Kind {
  prefix: string
  /** The value as it is written, or an error whose message says what is wrong with it. */
  read(value: Json, key: string, context: ImportContext): Json
  /** Of a record that goes by itself: when it was written. It lives as long as a released name waits. */
  writtenAt?(value: Json): string | null
}

/** Records of one shape; `keyOf`: the only key under which a record may stand. */
export function kindOf<T extends Json>(prefix: string, schema: z.ZodType<T>, keyOf?: (value: T) => string): Kind {
  return {
    prefix,
    read(value, key) {
      const read = parsed(schema, value)
      if (keyOf && keyOf(read) !== key) throw new RangeError('it belongs under another key')
      return read
    },
  }
}

/** Says in one line what is wrong. */
export function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim())
  throw new RangeError(problems.slice(0, 3).join('; '))
}

/** Where this front may not go, it does not go for a document either. A name keeps its address until it is asked for. */
export function pinned(request: TargetRequest, address: string, targets: Targets): Target {
  const answers = new Map([[request.host, { addresses: [address], ttlSeconds: 0 }]])
  try {
    return targets.pin(request, { answers, targetIp: address, current: address })
  } catch (error) {
    throw error instanceof AppError ? new RangeError(error.message) : error
  }
}

export const Sealed = z.string().regex(/^sealed1\.[A-Za-z0-9+/]+={0,2}$/)
export const Hash = z.string().regex(/^[0-9a-f]{64}$/)
export const Time = z.iso.datetime()
export const Ms = z.number().min(0).max(8.64e15)
/** Of a certificate, of a CA. */
export const Hex = z.string().regex(/^[0-9a-fA-F]{1,128}$/)
export const Pem = z.string().regex(/^(?:-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----\n?)+$/)
export const Name = z.string().max(512)
