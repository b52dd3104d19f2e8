import { z } from 'zod'
import type { BackendRecord } from '../../backends/backend-record.ts'
import { checkOfAll } from '../../backends/make-record.ts'
import { hostRefusal } from '../../backends/own-hosts.ts'
import { targetOf } from '../../backends/server-target.ts'
import { BACKEND_HOST_COUNT, BACKEND_HOSTS, BACKENDS, backendKey, PROVIDER_ORDER } from '../../backends/store-keys.ts'
import { IpAddress, Label } from '../../domain/agent.ts'
import { Backend } from '../../domain/backend.ts'
import { HttpCheckOptions } from '../../domain/options/check.ts'
import type { Check } from '../../domain/route-record.ts'
import type { Json } from '../../kv/kv.ts'
import { type ImportContext, type Kind, kindOf, Name, parsed, pinned, Time } from './kind.ts'

const Asked = HttpCheckOptions.extend({ kind: z.literal('http'), host: z.string().regex(/^[a-z0-9.-]{1,253}$/) })
const CheckRecord: z.ZodType<Check> = z.union([z.literal(false), z.strictObject({ kind: z.literal('tcp') }), Asked])

const Stored = z.strictObject({
  provider: Label,
  backend: Backend,
  targets: z.array(z.looseObject({ address: IpAddress })),
  check: CheckRecord,
  generation: z.int().min(0),
  revision: z.int().min(1),
  createdAt: Time,
  updatedAt: Time,
  changedBy: z.string().max(512),
})

/** As if it were told again: what reaches HAProxy has passed the same parser, whatever the document says. */
function readBackend(value: Json, key: string, { names, backendTargets }: ImportContext): BackendRecord {
  const { targets: stored, ...record } = parsed(Stored, value)
  const { provider, backend } = record
  if (backendKey(provider, backend.name) !== key) throw new RangeError('it belongs under another key')
  const refusal = backend.hosts.map((host) => hostRefusal(host, names)).find((each) => each !== null)
  if (refusal) throw new RangeError(refusal.message)
  const targets = backend.servers.map((server, i) =>
    pinned(targetOf(server, backend), stored[i]?.address ?? '', backendTargets),
  )
  return { ...record, targets, check: targets.length === 0 ? record.check : checkOfAll(targets) }
}

export const BACKEND_KINDS: Kind[] = [
  kindOf(PROVIDER_ORDER, z.array(Label)),
  { prefix: BACKENDS, read: readBackend },
  kindOf(BACKEND_HOSTS, z.array(Name)),
  kindOf(BACKEND_HOST_COUNT, z.int().min(0)),
]
