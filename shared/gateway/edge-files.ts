import type { Certificates } from '../certificates/certificates.ts'

/** A file of certificate and key that the node's HAProxy needs. */
export interface CertificateFile {
  /** Its name on the node, such as `default.pem`. */
  name: string
  /** Another one for each content. */
  fingerprint: string
  pem(): Promise<string>
}

/** What HAProxy serves where no name fits is the file that comes first by its name. */
const FILE_OF_DEFAULT = 'default.pem'
const FRONT_FILE = 'front.pem'
const EDGE_PREFIX = 'edge-'

/** Of certificates that were uploaded. */
export const isEdgeFile = (name: string): boolean => name.startsWith(EDGE_PREFIX)

/** What every node's HAProxy needs: the certificates that it serves, and the one by which agents know the front. */
export async function certificateFiles({
  edge,
  front,
}: Pick<Certificates, 'edge' | 'front'>): Promise<CertificateFile[]> {
  const served = (await edge.list()).map(({ name, fingerprint }) => ({
    name: name === 'default' ? FILE_OF_DEFAULT : `${EDGE_PREFIX}${name}.pem`,
    fingerprint,
    pem: () => edge.pem(name),
  }))
  const { pem, fingerprint } = await front.current()
  return [...served, { name: FRONT_FILE, fingerprint, pem: async () => pem }]
}
