import { expect, it } from 'vitest'
import type { DataPlane } from '../../shared/dataplane/data-plane.ts'
import { nodeCertificates } from '../../shared/gateway/node-certificates.ts'

it('takes away what an earlier front has left, and nothing of others', async () => {
  const files = new Set(['default.pem', 'edge-gone.pem', 'edge-shop.pem', 'someone-elses.pem'])
  const stored = (name: string) => ({ storage_name: name, file: `/ssl/${name}` })
  const dataPlane: Partial<DataPlane> = {
    storedCertificates: async () => [...files].map(stored),
    storeCertificate: async (name) => ({ ...stored(name), needsReload: false }),
    deleteCertificate: async (name) => {
      files.delete(name)
    },
  }
  const wanted = ['default.pem', 'edge-shop.pem'].map((name) => ({ name, fingerprint: name, pem: async () => 'PEM' }))

  await nodeCertificates(dataPlane as DataPlane, async () => wanted).mend()

  expect([...files]).toEqual(['default.pem', 'edge-shop.pem', 'someone-elses.pem'])
})
