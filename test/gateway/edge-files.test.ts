import { expect, it } from 'vitest'
import { LETS_ENCRYPT } from '../../shared/certificates/for-browsers.ts'
import type { EdgeSummary } from '../../shared/certificates/records.ts'
import { certificateFiles } from '../../shared/gateway/edge-files.ts'
import { newManager } from '../certificates/support.ts'
import { DAY_MS } from '../pki/support.ts'

it('takes a certificate for one that browsers trust if it was uploaded or ordered in earnest, until it expires', async () => {
  const { certificates, nowMs, pass } = await newManager()
  const edge = (name: string, of: Partial<EdgeSummary>): EdgeSummary => ({
    ...{ name, names: [name], origin: 'acme', directory: LETS_ENCRYPT.production, issuerKeyId: null },
    ...{ fingerprint: name, notBeforeMs: nowMs(), notAfterMs: nowMs() + 5 * DAY_MS, updatedAt: '', ...of },
  })
  const known = [
    edge('shop', { origin: 'upload', directory: undefined, names: ['shop.test', '*.shop.test', 'no name'] }),
    edge('issued.test', { notAfterMs: nowMs() + 20 * DAY_MS }),
    edge('rehearsed.test', { directory: LETS_ENCRYPT.staging }),
    edge('older.test', { directory: undefined }),
  ]
  const files = async () => {
    const all = await certificateFiles(certificates, known, new Map(), nowMs())
    return Object.fromEntries(all.map(({ name, secures }) => [name, secures]))
  }
  const own = { 'default.pem': [], 'front.pem': [] }

  expect(await files()).toEqual({
    ...own,
    'edge-shop.pem': ['shop.test', '.shop.test'],
    'host-issued_test.pem': ['issued.test'],
    'host-rehearsed_test.pem': [],
    'host-older_test.pem': ['older.test'],
  })
  pass(6)
  expect(await files()).toEqual({ ...own, 'host-issued_test.pem': ['issued.test'] })
})
