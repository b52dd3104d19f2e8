import { env } from 'cloudflare:workers'
import { durableObjectKv, type StoreStub } from '../../shared/kv/durable-object.ts'
import type { Kv } from '../../shared/kv/kv.ts'
import { stagedKv } from '../../shared/kv/staged/staged.ts'
import { forget, kvConformance } from '../kv/conformance.ts'

let objects = 0
const names = new WeakMap<Kv, string>()

function openNamed(name: string): Kv {
  const kv = durableObjectKv(() => env.STORE.get(env.STORE.idFromName(name)) as unknown as StoreStub)
  names.set(kv, name)
  return kv
}
const open = async () => openNamed(`conformance ${++objects}`)

kvConformance('Durable Object', { open, reopen: async (kv) => openNamed(names.get(kv) as string), compact: forget })
kvConformance('staged over a Durable Object', { open: async () => stagedKv(await open()), compact: forget })
