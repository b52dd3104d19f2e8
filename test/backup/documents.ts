import { FORMAT, FORMAT_VERSION, type Names } from '../../shared/backup/head.ts'
import { keyOf, newKdf } from '../../shared/backup/passphrase.ts'
import type { StoreRecord } from '../../shared/backup/snapshot.ts'
import { writeDocument } from '../../shared/backup/write-document.ts'
import { secureRandom } from '../../shared/pki/bytes.ts'
import { SETTINGS } from '../harness.ts'
import { PASSPHRASE } from './support.ts'

const { domain, appsDomain, mongodbDomain, apiHost } = SETTINGS
export const NAMES: Names = { domain, appsDomain, mongodbDomain, apiHost }

interface DocumentOptions {
  schema?: number
  names?: Names
  secret?: string
}

/** A document as another front could have made it, with a key that is made quickly. */
export async function documentOf(records: StoreRecord[], options: DocumentOptions = {}): Promise<string> {
  const { schema = 2, names = NAMES, secret = 'the-secret-of-another-store-0123456789' } = options
  const kdf = { ...newKdf(secureRandom), rounds: 10_000, times: 1 }
  const { key, check } = await keyOf(PASSPHRASE, kdf)
  const createdAt = '2030-01-01T00:00:00.000Z'
  const head = { format: FORMAT, version: FORMAT_VERSION, schema, createdAt, front: names, kdf, check } as const
  let document = ''
  for await (const piece of writeDocument({ head, key, secret, records: once(records) })) {
    document += new TextDecoder().decode(piece)
  }
  return document
}

async function* once(records: StoreRecord[]): AsyncGenerator<StoreRecord[]> {
  yield records
}

/** So long that no two are in one part of a document. */
export function auditRecord(number: number): StoreRecord {
  const id = `09810654400000${number}-long`
  const value = { id, at: '2030-01-01T00:00:00.000Z', actor: 'front', address: null, requestId: null }
  const details = { much: 'x'.repeat(300 * 1024) }
  return { key: `audit/${id}`, value: { ...value, action: 'test', target: 'test', outcome: 'done', details } }
}
