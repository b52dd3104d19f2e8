import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { newFolder } from '../../support/folder.ts'

export interface ManInTheMiddle {
  port: number
  /** Its own CA, which has signed what it shows. */
  ca: string
  /** Method and path of each request that came to it: what it has found out. */
  heard: string[]
  /** What it shows as the front's CAs. */
  shows: string[]
}

/** Stands where the front's name leads to, with a certificate of its own for it. */
export async function startManInTheMiddle(name: string): Promise<ManInTheMiddle> {
  const folder = newFolder()
  const ca = newCa('man in the middle', folder)
  const [key, csr, cert, names] = ['leaf.key', 'leaf.csr', 'leaf.pem', 'names'].map((file) => join(folder, file))
  writeFileSync(names ?? '', `subjectAltName=DNS:${name}\n`)
  openssl('req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', csr)
  const signer = ['-CA', join(folder, 'cert.pem'), '-CAkey', join(folder, 'key.pem'), '-CAcreateserial']
  openssl('x509', '-req', '-in', csr, ...signer, '-extfile', names, '-out', cert)

  const heard: string[] = []
  const shows: string[] = []
  const server = createServer(
    { key: readFileSync(key ?? ''), cert: readFileSync(cert ?? '') },
    (incoming, outgoing) => {
      heard.push(`${incoming.method} ${incoming.url}`)
      incoming.resume()
      const authorities = shows.map((cert) => ({ cert, isSigning: true }))
      outgoing.setHeader('content-type', 'application/json')
      outgoing.end(JSON.stringify({ success: true, ca: shows.join(''), authorities }))
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, ca, heard, shows }
}

/** A CA that nobody knows, as PEM; its key stays in the folder. */
export function newCa(name: string, folder = newFolder()): string {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  openssl('req', '-x509', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert)
  return readFileSync(cert, 'utf8')
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

function openssl(...args: (string | undefined)[]): void {
  execFileSync('openssl', args as string[], { stdio: 'ignore' })
}
