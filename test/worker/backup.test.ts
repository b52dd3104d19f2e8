import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { durableObjectKv, type StoreStub } from '../../shared/kv/durable-object.ts'
import { anyFront, expectSame, exportOf, furnish, importInto } from '../backup/support.ts'

it('everything goes into a Durable Object and out of it again', async () => {
  const one = await anyFront()
  await furnish(one)
  const kv = durableObjectKv(() => env.STORE.get(env.STORE.idFromName('backup')) as unknown as StoreStub)
  const inObject = await anyFront({ kv, secretKey: 'another-secret-key-another-secret-key' })
  await inObject.maintain()
  expect((await importInto(inObject, await exportOf(one))).status).toBe(200)
  await expectSame(one.kv, inObject.kv)
  const back = await anyFront()
  expect((await importInto(back, await exportOf(inObject))).status).toBe(200)
  await expectSame(one.kv, back.kv)
})
