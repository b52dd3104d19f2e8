import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { Database } from '../../../agent/config/database.ts'
import { type CertificatePaths, folderAt } from '../../../agent/config/folder.ts'
import { handshake } from '../../../agent/mongod/handshake.ts'
import { createPinger } from '../../../agent/mongod/ping.ts'
import { rotateCertificates } from '../../../agent/mongod/rotate.ts'
import { createLog } from '../../../shared/log/log.ts'
import { toPem } from '../../../shared/pki/index.ts'
import { issueTo, newAuthority, profileOf } from '../../pki/support.ts'
import { newFolder } from '../../support/folder.ts'
import { itWithMongod, startMongod } from '../../support/mongod.ts'
import { freePort } from '../../support/ports.ts'
import { listen } from '../../support/targets.ts'

/** The agent's files, and how they are renewed. */
async function certificateFiles() {
  const authority = await newAuthority()
  const { certificates: files } = folderAt(newFolder())
  await mkdir(files.folder)
  const renew = async (agentId = 'vps-1') => {
    const { cert, key, certificate } = await issueTo(authority, profileOf(agentId))
    writeFileSync(files.ca, toPem('CERTIFICATE', authority.certificate))
    writeFileSync(files.cert, cert)
    writeFileSync(files.key, key)
    writeFileSync(files.mongodb, key + cert)
    return toPem('CERTIFICATE', certificate)
  }
  await renew()
  return { files, renew }
}

const silent = { log: createLog({ write: () => undefined }), signal: new AbortController().signal }
const databaseAt = (port: number, more: object = {}) =>
  Database.parse({ port, admin: `mongodb://127.0.0.1:${port}`, ...more })
const rotate = async (files: CertificatePaths, ...databases: Database[]) =>
  (await rotateCertificates(databases, files, silent)).map(({ name, error }) => [name, error])

itWithMongod('has mongod take the renewed certificate, and sees that it is shown', async () => {
  const { files, renew } = await certificateFiles()
  const { port, stop } = await startMongod(files.mongodb)
  const { ping, close } = createPinger(`mongodb://127.0.0.1:${port}`, files)
  expect(await ping()).toBeNull()
  const renewed = await renew()
  expect((await handshake({ port })).toString()).not.toBe(renewed)
  expect(await rotate(files, databaseAt(port), Database.parse({ name: 'unmanaged', port }))).toEqual([
    ['database', null],
  ])
  expect((await handshake({ port })).toString()).toBe(renewed)
  expect(await ping()).toBeNull()

  // Whose certificate is not the agent's is not trusted with the password, wherever it is reached.
  await renew('vps-2')
  expect(await rotate(files, databaseAt(port))).toEqual([
    ['database', expect.stringMatching(/vps-2.*is not in the cert's/)],
  ])
  await stop()
  expect(await ping()).toBe('does not run: nobody listens there')
  await close()
})

it('says in words why a database did not take the certificate', async () => {
  const { files } = await certificateFiles()
  const plain = await listen(
    createServer((socket) => socket.on('error', () => undefined).on('data', () => socket.end('no TLS'))),
  )
  const answers = await rotate(
    files,
    databaseAt(await freePort(), { name: 'gone' }),
    databaseAt(plain, { name: 'plain' }),
  )
  expect(answers).toEqual([
    ['gone', 'does not run: nobody listens there'],
    ['plain', expect.stringMatching(/^speaks no TLS: "cloudlunacy-agent certs mongod" prints/)],
  ])
  expect(JSON.stringify(answers)).not.toContain('mongodb://')
})
