import { expect, it } from 'vitest'
import type { DataPlane } from '../../shared/dataplane/data-plane.ts'
import { nodeCertificates } from '../../shared/gateway/node-certificates.ts'
import { createGate } from '../../shared/lib/gate.ts'

it('takes away what an earlier front has left, and nothing of others', async () => {
  const files = new Set(['default.pem', 'edge-gone.pem', 'edge-shop.pem', 'someone-elses.pem'])
  const stored = (name: string) => ({ storage_name: name, file: `/ssl/${name}` })
  const dataPlane: Partial<DataPlane> = {
    storedCertificates: async () => [...files].map(stored),
    servesCertificate: async () => false,
    storeCertificate: async (name) => ({ ...stored(name), needsReload: false }),
    deleteCertificate: async (name) => {
      files.delete(name)
    },
  }
  const wanted = ['default.pem', 'edge-shop.pem'].map((name) => ({ name, fingerprint: name, pem: async () => 'PEM' }))

  await nodeCertificates(dataPlane as DataPlane, async () => wanted, createGate()).mend()

  expect([...files]).toEqual(['default.pem', 'edge-shop.pem', 'someone-elses.pem'])
})

it('brings nothing anew that is there from before, and what is another one once', async () => {
  const brought: string[] = []
  const stored = (name: string) => ({ storage_name: name, file: `/ssl/${name}` })
  const dataPlane: Partial<DataPlane> = {
    storedCertificates: async () => ['default.pem', 'front.pem'].map(stored),
    servesCertificate: async (name, fingerprint) => name === 'front.pem' && fingerprint === 'same',
    storeCertificate: async (name) => {
      brought.push(name)
      return { ...stored(name), needsReload: false }
    },
  }
  const wanted = ['default.pem', 'front.pem'].map((name) => ({ name, fingerprint: 'same', pem: async () => 'PEM' }))
  const certificates = nodeCertificates(dataPlane as DataPlane, async () => wanted, createGate())
  await certificates.mend()
  await certificates.mend()
  expect(brought).toEqual(['default.pem'])
})
