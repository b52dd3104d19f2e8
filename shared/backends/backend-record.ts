import type { Backend } from '../domain/backend.ts'
import type { Check, Target } from '../domain/route-record.ts'
import { backendKey } from './store-keys.ts'

/** A backend as the store has it. */
export type BackendRecord = {
  provider: string
  /** As it was told. */
  backend: Backend
  /** Its servers, in their order, with the addresses that their names stand for at the moment. */
  targets: Target[]
  /** What all of them are asked; while it has none, what the last ones were, so that HAProxy's backend stays. */
  check: Check
  /** Another one is another backend of HAProxy: never the same for two backends of one name. */
  generation: number
  /** Counts every change. */
  revision: number
  createdAt: string
  updatedAt: string
  /** In the words of the audit log. */
  changedBy: string
}

export const keyOf = ({ provider, backend: { name } }: Pick<BackendRecord, 'provider' | 'backend'>): string =>
  backendKey(provider, name)

/** What a write of the backend is compared with: another one after each change, and after it was made anew. */
export const backendState = ({ provider, createdAt, revision }: BackendRecord): string =>
  `${provider}.${Date.parse(createdAt)}.${revision}`.replaceAll('-', '_')

type Structure = Pick<BackendRecord, 'backend' | 'check'>

/** Whether HAProxy's backend must be another one: of servers it takes any change while it runs. */
export function isOtherBackend(before: Structure, after: Structure): boolean {
  return JSON.stringify(structureOf(before)) !== JSON.stringify(structureOf(after))
}

function structureOf({ backend, check }: Structure) {
  const asked = check !== false && check.kind === 'http' ? [check.path, check.host, check.expectStatus] : null
  return [backend.balance, asked]
}

/** The Host that checks over HTTP come with: one for all places of the backend, and for all that its servers ever are. */
export const checkHostOf = ({ hosts }: Pick<Backend, 'hosts'>): string => hosts[0] ?? 'localhost'
