import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import type { Json, Kv } from '../../shared/kv/kv.ts'
import { memoryKv } from '../../shared/kv/memory.ts'
import { ADMIN_TOKEN, harness } from '../harness.ts'

const SECRET_KEY = 'the-secret-key-of-an-earlier-release'

/** A store that was written when everything in it was hashed and sealed under SECRET_KEY itself. */
async function earlierStore(): Promise<{ kv: Kv; certificateKey: string }> {
  const file = new URL('../fixtures/store-schema-1.json', import.meta.url)
  const { entries, certificateKey } = JSON.parse(readFileSync(file, 'utf8'))
  const kv = memoryKv()
  onTestFinished(() => kv.close())
  for (const [key, value] of entries as [string, Json][]) await kv.commit([], [{ key, value }])
  return { kv, certificateKey }
}

it('keeps tokens, agents’ keys and certificates of a store that knew no secret but SECRET_KEY', async () => {
  const { kv, certificateKey } = await earlierStore()
  const front = await harness({ kv, secretKey: SECRET_KEY })
  expect((await front.call('GET', '/api/agents', { token: ADMIN_TOKEN })).status).toBe(200)
  for (const [agentId, agentKey] of [
    ['vps-1', 'a-chosen-key-of-vps-1'],
    ['vps-2', `clk_${'vps-2'.padEnd(43, 'k')}`],
  ]) {
    const { status } = await front.call('POST', '/api/agents/authenticate', { body: { agentId, agentKey } })
    expect([agentId, status]).toEqual([agentId, 200])
  }
  const config = await front.call('GET', '/api/config/vps-2', { token: ADMIN_TOKEN })
  expect(config.body.certificates.key).toBe(certificateKey)
  expect((await kv.get('meta/schema'))?.value).toBe(2)

  const again = await harness({ kv, secretKey: SECRET_KEY })
  expect((await again.call('GET', '/api/config/vps-2', { token: ADMIN_TOKEN })).status).toBe(200)
})

it('leaves such a store as it is for a front with another SECRET_KEY', async () => {
  const { kv } = await earlierStore()
  await expect(harness({ kv, secretKey: 'another-key-another-key-another-key' })).rejects.toMatchObject({
    code: 'WRONG_SECRET_KEY',
  })
  expect(await kv.get('meta/store-secret')).toBeNull()
})

it('gives a new store a secret of its own', async () => {
  const [one, other] = [memoryKv(), memoryKv()]
  for (const kv of [one, other]) await harness({ kv, secretKey: SECRET_KEY })
  const tokens = await Promise.all(
    [one, other].map(async (kv) => (await kv.list('tokens/')).entries.map(({ key }) => key)),
  )
  expect(tokens[0]).toHaveLength(2)
  expect(tokens[0]).not.toEqual(tokens[1])
})
