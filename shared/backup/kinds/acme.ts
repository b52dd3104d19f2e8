import { z } from 'zod'
import {
  ACME_ACCOUNTS,
  ACME_NAMES,
  type AccountRecord,
  type NameRecord,
  nameKey,
  type OrderRecord,
} from '../../acme/records.ts'
import { type Kind, kindOf, Ms, Name, Sealed } from './kind.ts'

const Url = z.url().max(2_000)

const Account: z.ZodType<AccountRecord> = z.strictObject({
  directory: Url,
  sealedKey: Sealed,
  url: Url.nullable(),
})

const Order: z.ZodType<OrderRecord> = z.strictObject({
  url: Url.nullable(),
  sealedKey: Sealed,
  text: z.strictObject({ name: Name, value: Name }).nullable(),
  begunAtMs: Ms,
})

const NameState: z.ZodType<NameRecord> = z.strictObject({
  name: Name,
  directory: Url,
  order: Order.nullable(),
  failures: z.int().min(0),
  lastError: z.string().max(1_000).nullable(),
  nextTryAtMs: Ms,
  renewal: z.strictObject({ atMs: Ms, lookAtMs: Ms }).nullable(),
  unwanted: z.literal(true).optional(),
})

export const ACME_KINDS: Kind[] = [
  kindOf(ACME_ACCOUNTS, Account),
  kindOf(ACME_NAMES, NameState, ({ name }) => nameKey(name)),
]
