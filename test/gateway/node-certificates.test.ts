import { expect, it } from 'vitest'
import type { DataPlane } from '../../shared/dataplane/data-plane.ts'
import type { CertificateFile } from '../../shared/gateway/edge-files.ts'
import { nodeCertificates } from '../../shared/gateway/node-certificates.ts'
import { createGate } from '../../shared/lib/gate.ts'

const open = (
  dataPlane: Partial<DataPlane>,
  wanted: () => CertificateFile[],
  tellSecure: (names: string[]) => Promise<void> = async () => undefined,
) =>
  nodeCertificates({
    dataPlane: { storedMap: async () => null, ...dataPlane } as DataPlane,
    wanted: async () => wanted(),
    worker: createGate(),
    tellSecure,
  })

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
  const wanted = ['default.pem', 'edge-shop.pem'].map((name) => ({
    name,
    fingerprint: name,
    secures: [],
    pem: async () => 'PEM',
  }))

  await open(dataPlane, () => wanted).mend()

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
  const wanted = ['default.pem', 'front.pem'].map((name) => ({
    name,
    fingerprint: 'same',
    secures: [],
    pem: async () => 'PEM',
  }))
  const certificates = open(dataPlane, () => wanted)
  await certificates.mend()
  await certificates.mend()
  expect(brought).toEqual(['default.pem'])
})

it('sends to HTTPS by a certificate only while HAProxy has it', async () => {
  const steps: string[] = []
  const stored = (name: string) => ({ storage_name: name, file: `/ssl/${name}` })
  const files = new Set<string>()
  const dataPlane: Partial<DataPlane> = {
    storedCertificates: async () => [...files].map(stored),
    storeCertificate: async (name) => {
      files.add(name)
      steps.push(`store ${name}`)
      return { ...stored(name), needsReload: true }
    },
    deleteCertificate: async (name) => void steps.push(`delete ${name}`),
  }
  const shop = {
    name: 'edge-shop.pem',
    fingerprint: 'one',
    secures: ['shop.test', '.shop.test'],
    pem: async () => 'PEM',
  }
  let wanted: CertificateFile[] = [shop]
  const certificates = open(
    dataPlane,
    () => wanted,
    async (names) => void steps.push(`${[...certificates.secure.keys()]} after ${names}`),
  )

  // The reload that it takes here is somebody else's.
  await certificates.mend()
  expect([...certificates.secure.keys()]).toEqual([])
  await certificates.secureAll()
  expect([...certificates.secure.keys()]).toEqual(shop.secures)
  // It has expired.
  wanted = [{ ...shop, secures: [] }]
  await certificates.mend()
  wanted = [shop]
  await certificates.mend()
  await certificates.secureAll()
  wanted = []
  await certificates.mend()
  const [both, none] = [`shop.test,.shop.test after shop.test,.shop.test`, ` after shop.test,.shop.test`]
  expect(steps).toEqual(['store edge-shop.pem', both, none, both, none, 'delete edge-shop.pem'])
})

it('brings what is to be stapled once, takes it away, and brings it again to another certificate', async () => {
  const stapled: string[] = []
  const files = new Map<string, string>()
  const dataPlane: Partial<DataPlane> = {
    storedCertificates: async () => [...files.keys()].map((name) => ({ storage_name: name, file: `/ssl/${name}` })),
    servesCertificate: async () => false,
    storeCertificate: async (name, pem) => {
      files.set(name, pem)
      return { storage_name: name, file: `/ssl/${name}`, needsReload: false }
    },
    stapleCertificate: async (name, answer) => {
      stapled.push(`${answer} to ${files.get(name)}`)
      return true
    },
  }
  const file = (pem: string, staple: string | null | undefined): CertificateFile => ({
    ...{ name: 'edge-shop.pem', fingerprint: pem, secures: [], pem: async () => pem },
    ...(staple !== undefined && { staple }),
  })
  let wanted = file('ONE', undefined)
  const certificates = open(dataPlane, () => [wanted])
  for (const next of [wanted, file('ONE', 'good'), file('ONE', null), file('ONE', 'good'), file('TWO', 'good')]) {
    wanted = next
    await certificates.mend()
    await certificates.mend()
  }
  expect(stapled).toEqual(['good to ONE', 'null to ONE', 'good to ONE', 'good to TWO'])
})
