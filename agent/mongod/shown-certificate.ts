import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'

const PATIENCE_MS = 3_000

export interface Shown {
  certificate: X509Certificate
  /** What it is shown as, where a name was asked for. */
  asked: string | null
}

/** The certificate that a server shows. It is looked at, not believed. */
export async function shownBy(host: string, port: number, servername?: string): Promise<X509Certificate> {
  const socket = connect({ host, port, rejectUnauthorized: false, ...(servername !== undefined && { servername }) })
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
