import type { MongoClient } from 'mongodb'
import type { CertificatePaths } from '../config/folder.ts'
import { connectTo } from './driver.ts'
import { driverErrorInWords } from './in-words.ts'

export interface Pinger {
  /** Null: it answers; otherwise why not, in words. It never fails. */
  ping(): Promise<string | null>
  close(): Promise<void>
}

/** Asks a mongod by the driver, over one connection that is kept. */
export function createPinger(admin: string, files: CertificatePaths): Pinger {
  let open: MongoClient | null = null
  const close = async () => {
    const client = open
    open = null
    await client?.close().catch(() => undefined)
  }
  return {
    async ping() {
      try {
        open ??= await connectTo(admin, files)
        await open.db('admin').command({ ping: 1 })
        return null
      } catch (error) {
        // Perhaps the certificates have changed: the next one reads them anew.
        await close()
        return driverErrorInWords(error)
      }
    },
    close,
  }
}
