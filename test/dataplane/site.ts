import { once } from 'node:events'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { expect, onTestFinished } from 'vitest'
import type { Applied, DataPlane } from '../../shared/dataplane/data-plane.ts'
import { DataPlaneError, type DataPlaneFault } from '../../shared/dataplane/data-plane-error.ts'
import { createAuthority, createRootCa, edgeProfile } from '../../shared/pki/index.ts'
import { CRL_URL, certPem, issueTo } from '../pki/support.ts'
import { freePort } from '../support/ports.ts'

/** A node whose configuration belongs to one test, on top of what it had when it was opened. */
export interface Site {
  dataPlane: DataPlane
  initial: string
}

export const DEFAULTS = `
defaults of-the-test
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
`

/** Replaces what the test before had. */
export async function configure({ dataPlane, initial }: Site, sections = ''): Promise<Applied> {
  const { version } = await dataPlane.raw()
  return await dataPlane.pushRaw(`${initial}${DEFAULTS}${sections}`, { version, reload: 'now' })
}

/** A map that HAProxy has loaded, and a frontend that answers with what it says of a key. */
export async function loadedMap(site: Site, entries = 'first.test http|127.0.0.1|1||\n') {
  const name = `m${crypto.randomUUID().slice(0, 8)}.map`
  const port = await freePort()
  const { file } = await site.dataPlane.storeMap(name, entries)
  const value = `%[req.hdr(x-key),map(${file},none)]`
  const rule = `http-request return status 200 content-type text/plain lf-string "${value}"`
  await configure(site, `frontend asked from of-the-test\n  bind 127.0.0.1:${port}\n  ${rule}\n`)
  return { name, file, lookUp: (key: string) => ask(port, { 'x-key': key }) }
}

export async function ask(port: number, headers: Record<string, string> = {}): Promise<string> {
  const request = get({ host: '127.0.0.1', port, headers, agent: false })
  const [response] = await once(request, 'response')
  return await text(response)
}

export async function sorted(dataPlane: DataPlane, map: string) {
  return (await dataPlane.mapEntries(map)).sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** Certificate and key for a name, as HAProxy wants them in one file. */
export async function certificateFor(name: string): Promise<{ pem: string; key: string; cert: string; ca: string }> {
  const root = await createRootCa({ permittedDomains: ['test', 'localhost'] })
  const authority = await createAuthority({ ...root, crlUrl: CRL_URL })
  const { cert, key } = await issueTo(authority, edgeProfile([name]))
  return { pem: `${cert}${key}`, key, cert, ca: certPem(authority.certificate) }
}

/** The name on the certificate that a client of this name gets. */
export async function certificateServed(port: number, servername: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  const { subjectaltname = '', serialNumber } = socket.getPeerCertificate()
  socket.end()
  return `${subjectaltname.replace('DNS:', '')} ${serialNumber}`
}

/** A port that HAProxy cannot have. */
export async function takenPort(): Promise<number> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** What a call fails with. */
export async function failure(call: Promise<unknown>, fault: DataPlaneFault): Promise<DataPlaneError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof DataPlaneError)) throw error ?? new Error('it did not fail')
  expect(error, error.message).toMatchObject({ fault })
  return error
}
