import type { Json } from '../../kv/kv.ts'
import { ACME_KINDS } from './acme.ts'
import { AGENT_KINDS } from './agents.ts'
import { AUDIT_KIND } from './audit.ts'
import { BACKEND_KINDS } from './backends.ts'
import { CERTIFICATE_KINDS } from './certificates.ts'
import type { ImportContext, Kind } from './kind.ts'
import { NODE_KINDS } from './nodes.ts'
import { ROUTE_KINDS } from './routes.ts'

/** Everything that is accepted, and so goes with an export. */
const KINDS: Kind[] = [
  ...AGENT_KINDS,
  ...CERTIFICATE_KINDS,
  ...ACME_KINDS,
  ...ROUTE_KINDS,
  ...BACKEND_KINDS,
  ...NODE_KINDS,
  AUDIT_KIND,
]

/** What a front has for itself, or for a short time. */
const NOT_EXPORTED = [
  '~',
  'acme/challenges/',
  'acme/lease',
  'alerts/',
  'certificates/ocsp',
  'idempotency/',
  'meta/schema',
  'meta/key-check',
  'meta/header-secret',
  'meta/store-secret',
]

export const isExported = (key: string): boolean => !NOT_EXPORTED.some((prefix) => key.startsWith(prefix))

export const kindAt = (key: string): Kind | undefined => KINDS.find(({ prefix }) => key.startsWith(prefix))

/** As it is written here; a RangeError says why it cannot be. */
export function readRecord({ key, value }: { key: string; value: Json }, context: ImportContext): Json {
  const kind = kindAt(key)
  if (!kind) throw new RangeError('this release knows no such record')
  return kind.read(value, key, context)
}
