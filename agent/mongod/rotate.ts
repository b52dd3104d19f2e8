import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Log } from '../../shared/log/log.ts'
import type { Database } from '../config/database.ts'
import type { CertificatePaths } from '../config/folder.ts'
import { nameOfDatabase } from './database-name.ts'
import { connectTo } from './driver.ts'
import { handshake } from './handshake.ts'
import { driverErrorInWords } from './in-words.ts'

interface Rotated {
  name: string
  /** Why it did not take them, in words. */
  error: string | null
}

/**
 * Has each mongod take the files that were just written, where the agent may log in, and looks whether the new
 * certificate is shown. What fails is in what is given back.
 */
export async function rotateCertificates(
  databases: Database[],
  files: CertificatePaths,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<Rotated[]> {
  const one = async (database: Database, admin: string): Promise<Rotated> => {
    const name = nameOfDatabase(database)
    const error = await rotate(database, admin, files).then(() => null, driverErrorInWords)
    if (error === null) log.info(`database ${name} shows the new certificate`)
    return { name, error }
  }
  const managed = signal.aborted ? [] : databases
  return Promise.all(managed.flatMap((each) => (each.admin === undefined ? [] : [one(each, each.admin)])))
}

async function rotate({ host, port }: Database, admin: string, files: CertificatePaths): Promise<void> {
  const client = await connectTo(admin, files)
  try {
    await client.db('admin').command({ rotateCertificates: 1, message: 'by cloudlunacy-agent' })
  } finally {
    await client.close()
  }
  const [own, shown] = [new X509Certificate(await readFile(files.cert)), await handshake({ host, port })]
  if (own.fingerprint256 !== shown.fingerprint256)
    throw new Error(
      `took the command and still shows another certificate: does certificateKeyFile name ${files.mongodb}?`,
    )
}
