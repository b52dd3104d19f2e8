import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Kv } from '../shared/kv/kv.ts'
import type { Log } from '../shared/log/log.ts'

/** All that the handlers need from the outside. The entries make it; tests replace what they want. */
export interface Deps {
  kv: Kv
  log: Log
  version: string
  /** A file of the docs page's viewer. */
  docsAsset(name: string): Promise<Uint8Array<ArrayBuffer> | ReadableStream>
  now: () => number
  newId: () => string
}

/** What a handler finds in `c.env`. */
export interface Bindings {
  requestId: string
}

export type App = OpenAPIHono<{ Bindings: Bindings }>
