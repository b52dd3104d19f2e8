import type { CertificatePaths } from '../config/folder.ts'
import { ownFolder, readIfThere, writeWhole } from '../daemon/files.ts'
import type { Certificate } from './certificate.ts'

/** `null`: it has none yet. */
export async function readCertificate(paths: CertificatePaths): Promise<Certificate | null> {
  const [ca, cert, key] = await Promise.all([paths.ca, paths.cert, paths.key].map(readIfThere))
  return ca && cert && key ? { ca, cert, key } : null
}

/** Each file whole. The key comes first: without its certificate it is seen to be of no use, and another pair is asked for. */
export async function writeCertificate(paths: CertificatePaths, { ca, cert, key }: Certificate): Promise<void> {
  await ownFolder(paths.folder)
  await writeWhole(paths.ca, ca)
  await writeWhole(paths.key, key)
  await writeWhole(paths.cert, cert)
  await writeWhole(paths.mongodb, `${key.trimEnd()}\n${cert}`)
}

export async function writeAuthorities(paths: CertificatePaths, ca: string): Promise<void> {
  await ownFolder(paths.folder)
  await writeWhole(paths.ca, ca)
}
