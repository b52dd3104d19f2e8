import { describe, expect, it } from 'vitest'
import { freePort } from '../support/ports.ts'
import { certificateFor, certificateServed, configure, failure, type Site } from './site.ts'

export function certificateConformance(site: () => Site): void {
  /** A frontend that loads the folder of certificates, with one in it. */
  async function tlsFrontend(options: (folder: string) => string = () => '') {
    const { dataPlane } = site()
    await configure(site())
    for (const { storage_name } of await dataPlane.storedCertificates()) await dataPlane.deleteCertificate(storage_name)
    const { file } = await dataPlane.storeCertificate('first.pem', (await certificateFor('first.test')).pem)
    const folder = file.slice(0, file.lastIndexOf('/') + 1)
    const port = await freePort()
    const bind = `bind 127.0.0.1:${port} ssl crt ${folder} ${options(folder)}`
    await configure(site(), `frontend tls from of-the-test\n  ${bind}\n  http-request return status 200\n`)
    return { port, pid: (await dataPlane.processInfo()).pid }
  }

  describe('certificates', () => {
    it('that are new are served without a reload', async () => {
      const { dataPlane } = site()
      const { port, pid } = await tlsFrontend()
      expect(await certificateServed(port, 'second.test')).toMatch(/^first.test/)
      const stored = await dataPlane.storeCertificate('second.pem', (await certificateFor('second.test')).pem)
      expect(stored).toMatchObject({ storage_name: 'second.pem', needsReload: false })
      expect(await certificateServed(port, 'second.test')).toMatch(/^second.test/)
      expect((await dataPlane.processInfo()).pid).toBe(pid)
    })

    it('are replaced without a reload', async () => {
      const { dataPlane } = site()
      const { port, pid } = await tlsFrontend()
      const before = await certificateServed(port, 'first.test')
      const renewed = await certificateFor('first.test')
      expect(await dataPlane.storeCertificate('first.pem', renewed.pem)).toMatchObject({ needsReload: false })
      const after = await certificateServed(port, 'first.test')
      expect(after).toMatch(/^first.test/)
      expect(after).not.toBe(before)
      expect((await dataPlane.processInfo()).pid).toBe(pid)
    })

    it('with the key of another are refused, and the last one stays, also over a reload', async () => {
      const { dataPlane } = site()
      const { port } = await tlsFrontend()
      const before = await certificateServed(port, 'first.test')
      const [one, other] = [await certificateFor('first.test'), await certificateFor('first.test')]
      const error = await failure(dataPlane.storeCertificate('first.pem', one.cert + other.key), 'refused')
      expect(error.message).not.toMatch(/BEGIN|[A-Za-z0-9+/]{40}/)
      const { version, text } = await dataPlane.raw()
      await dataPlane.pushRaw(text, { version, reload: 'now' })
      expect(await certificateServed(port, 'first.test')).toBe(before)
    })

    it.each(['no certificate at all', 'a certificate without its key'])('that are %s are refused', async (what) => {
      const { dataPlane } = site()
      await tlsFrontend()
      const pem = what.endsWith('key') ? (await certificateFor('bad.test')).cert : 'nonsense\n'
      await failure(dataPlane.storeCertificate('bad.pem', pem), 'refused')
      expect((await dataPlane.storedCertificates()).map(({ storage_name }) => storage_name)).toEqual(['first.pem'])
    })

    it('that are deleted are not served any more, also when they come back with another key', async () => {
      const { dataPlane } = site()
      const { port, pid } = await tlsFrontend()
      for (let times = 0; times < 2; times++) {
        const { pem } = await certificateFor('second.test')
        expect(await dataPlane.storeCertificate('second.pem', pem)).toMatchObject({ needsReload: false })
        expect(await certificateServed(port, 'second.test')).toMatch(/^second.test/)
        await dataPlane.deleteCertificate('second.pem')
        await dataPlane.deleteCertificate('second.pem')
        expect(await certificateServed(port, 'second.test')).toMatch(/^first.test/)
      }
      expect((await dataPlane.storedCertificates()).map(({ storage_name }) => storage_name)).toEqual(['first.pem'])
      expect((await dataPlane.processInfo()).pid).toBe(pid)
    })

    it('that no listener loads wait for a reload', async () => {
      const { dataPlane } = site()
      await configure(site())
      const stored = await dataPlane.storeCertificate('lonely.pem', (await certificateFor('lonely.test')).pem)
      expect(stored.needsReload).toBe(true)
      await dataPlane.deleteCertificate('lonely.pem')
    })
  })

  describe('other files', () => {
    it('are stored, replaced, listed and read', async () => {
      const { dataPlane } = site()
      expect(await dataPlane.storedFile('nothing.http')).toBeNull()
      for (const content of ['HTTP/1.1 503 Busy\n\nfirst\n', 'HTTP/1.1 503 Busy\n\nsecond\n']) {
        const stored = await dataPlane.storeFile('busy.http', content)
        expect(stored).toMatchObject({ storage_name: 'busy.http', file: expect.stringMatching(/^\/.*\/busy\.http$/) })
        expect(await dataPlane.storedFile('busy.http')).toBe(content)
      }
      expect((await dataPlane.storedFiles()).map(({ storage_name }) => storage_name)).toContain('busy.http')
    })

    it('are deleted where no configuration names them', async () => {
      const { dataPlane } = site()
      const { file } = await dataPlane.storeFile('named-ca.pem', (await certificateFor('ca.test')).cert)
      await tlsFrontend(() => `ca-file ${file} verify optional`)
      await dataPlane.storeFile('unnamed-ca.pem', (await certificateFor('ca.test')).cert)
      for (const name of ['named-ca.pem', 'unnamed-ca.pem', 'never-there.pem']) await dataPlane.deleteFile(name)
      const names = (await dataPlane.storedFiles()).map(({ storage_name }) => storage_name)
      expect([names.includes('named-ca.pem'), names.includes('unnamed-ca.pem')]).toEqual([true, false])
    })

    it('that the worker has loaded as CA are changed there too', async () => {
      const { dataPlane } = site()
      const { ca } = await certificateFor('agent.test')
      const { file } = await dataPlane.storeFile('agents-ca.pem', ca)
      const { pid } = await tlsFrontend(() => `ca-file ${file} verify optional`)
      const other = await certificateFor('agent.test')
      const stored = await dataPlane.storeFile('agents-ca.pem', ca + other.ca, { loadedAs: 'ca-file' })
      expect(stored.needsReload).toBe(false)
      expect((await dataPlane.processInfo()).pid).toBe(pid)
      expect((await dataPlane.storeFile('other-ca.pem', ca, { loadedAs: 'ca-file' })).needsReload).toBe(true)
    })
  })
}
