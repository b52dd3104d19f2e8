import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type ConnectionOptions, connect } from 'node:tls'

const PATIENCE_MS = 3_000

/** What a handshake with a server shows. The certificate is looked at, not believed. */
export async function handshake(options: ConnectionOptions): Promise<X509Certificate> {
  const socket = connect({ ...options, rejectUnauthorized: false })
  socket.on('error', () => undefined)
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(PATIENCE_MS) })
    const certificate = socket.getPeerX509Certificate()
    if (!certificate) throw new Error('it shows no certificate')
    return certificate
  } finally {
    socket.destroy()
  }
}

/** Whether somebody without a certificate is turned away. Under TLS 1.3 that is said only after the handshake. */
export const demandsCertificate = (options: ConnectionOptions): Promise<boolean> =>
  handshake({ ...options, maxVersion: 'TLSv1.2' }).then(
    () => false,
    () => true,
  )
