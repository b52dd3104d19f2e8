import { expect, it } from 'vitest'
import { DAY_MS } from '../pki/support.ts'
import { ADMIN, newManager } from './support.ts'

const kinds = (found: { kind: string; name: string }[]) => found.map(({ kind, name }) => `${kind} ${name}`)

it('tells of agents that do not come for their renewal, the first to expire first', async () => {
  const { certificates, pass, nowMs } = await newManager()
  await certificates.certificateOf('web-2')
  pass(1)
  await certificates.certificateOf('web-1')
  pass(74)
  await certificates.maintain()
  expect(await certificates.expiring(nowMs())).toEqual([])
  pass(2)
  await certificates.maintain()
  expect(kinds(await certificates.expiring(nowMs()))).toEqual(['agent web-2', 'agent web-1'])
  await certificates.certificateOf('web-2')
  expect(kinds(await certificates.expiring(nowMs()))).toEqual(['agent web-1'])
  await certificates.revoke('web-1', 'superseded', ADMIN)
  expect(await certificates.expiring(nowMs())).toEqual([])
})

it('forgets agents that are gone for good', async () => {
  const { certificates, kv, pass, nowMs } = await newManager()
  await certificates.certificateOf('web-1')
  pass(119)
  await certificates.maintain()
  expect(await certificates.expiring(nowMs())).toEqual([])
  expect((await kv.list('certificates/expiries/')).entries).toHaveLength(1)
  pass(2)
  await certificates.maintain()
  expect((await kv.list('certificates/expiries/')).entries).toEqual([])
})

it('tells of lists and CAs that nobody looks after', async () => {
  const { certificates, nowMs } = await newManager()
  const { caId } = await certificates.crl()
  expect(kinds(await certificates.expiring(nowMs() + 17 * DAY_MS))).toEqual([`crl ${caId}`])
  const found = kinds(await certificates.expiring(nowMs() + 3_600 * DAY_MS))
  expect(found).toEqual([`ca ${caId}`, `crl ${caId}`, 'edge default'])
})
