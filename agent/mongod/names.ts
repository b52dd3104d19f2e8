import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'

/** Whether a server's certificate is good for the first name that the agent's own one is good for. */
export async function checkNames(
  certFile: string,
): Promise<(host: string, shown: PeerCertificate) => Error | undefined> {
  const { subjectAltName = '' } = new X509Certificate(await readFile(certFile))
  const name = /DNS:([^,\s]+)/.exec(subjectAltName)?.[1] ?? ''
  return (_host, shown) => checkServerIdentity(name, shown)
}
