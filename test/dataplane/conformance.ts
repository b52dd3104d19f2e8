import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DataPlane } from '../../shared/dataplane/data-plane.ts'
import { certificateConformance } from './conformance-certificates.ts'
import { configurationConformance } from './conformance-configuration.ts'
import { mapConformance } from './conformance-maps.ts'
import { serverConformance } from './conformance-servers.ts'
import type { Site } from './site.ts'

/** A start, or a reload, on a busy machine. */
const HOOK_TIMEOUT_MS = 60_000

export interface OpenedDataPlane {
  dataPlane: DataPlane
  close(): Promise<void>
}

/**
 * What the front relies on, whoever serves the calls. `open` gives a node with a running HAProxy, whose files lie where
 * this process can ask it on loopback.
 */
export function dataPlaneConformance(name: string, open: () => Promise<OpenedDataPlane>): void {
  describe(`data plane: ${name}`, () => {
    let opened: OpenedDataPlane
    let initial: string
    const site = (): Site => ({ dataPlane: opened.dataPlane, initial })

    beforeAll(async () => {
      opened = await open()
      initial = (await opened.dataPlane.raw()).text
    }, HOOK_TIMEOUT_MS)

    afterAll(async () => {
      if (initial !== undefined) {
        const { version } = await opened.dataPlane.raw()
        await opened.dataPlane.pushRaw(initial, { version, reload: 'now' })
      }
      await opened?.close()
    }, HOOK_TIMEOUT_MS)

    it('says its version, and which worker runs', async () => {
      const { dataPlane } = site()
      expect((await dataPlane.info()).version).toMatch(/^v?3\./)
      expect(await dataPlane.processInfo()).toMatchObject({
        pid: expect.any(Number),
        version: expect.stringMatching(/^\d+\.\d+/),
        uptime: expect.any(Number),
      })
    })

    configurationConformance(site)
    serverConformance(site)
    mapConformance(site)
    certificateConformance(site)
  })
}
