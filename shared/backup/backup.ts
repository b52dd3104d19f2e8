import type { Actor, Audit } from '../audit/audit.ts'
import type { AccessTokens } from '../identity/access-tokens.ts'
import { AGENTS } from '../identity/agent-record.ts'
import type { Kv } from '../kv/kv.ts'
import { listAll } from '../kv/list-all.ts'
import type { Log } from '../log/log.ts'
import type { Random, Vault } from '../pki/index.ts'
import { countKeyOf } from '../routes/store-keys.ts'
import type { StoreSecrets } from '../secrets/store-secrets.ts'
import type { Targets } from '../targets/targets.ts'
import { finishImport } from './finish.ts'
import { FORMAT, FORMAT_VERSION, type Head, type Names } from './head.ts'
import { importDocument } from './import.ts'
import { keptTokens } from './kept-tokens.ts'
import { isExported } from './kinds/kinds.ts'
import { keyOf, newKdf } from './passphrase.ts'
import type { ReadOptions } from './read-document.ts'
import { type StoreRecord, snapshot } from './snapshot.ts'
import { writeDocument } from './write-document.ts'

export interface Backup {
  /** Everything at one moment, as a document that only the passphrase opens: piece by piece, as it is taken. */
  export(passphrase: string, actor: Actor): Promise<AsyncGenerator<Uint8Array>>
  /** All of it or nothing. These tokens of this front go on holding, beside those in the document. */
  import(document: ReadOptions, actor: Actor, ownTokens: string[]): Promise<Imported>
  /** Finishes an import that was cut off after it was decided, and undoes what nobody goes on with. */
  recover(): Promise<void>
}

interface Imported {
  agents: number
  routes: number
}

export interface BackupOptions {
  /** The engine itself, whose limits commits are kept below, and where staged commits can be seen. */
  engine: Kv
  kv: Kv
  /** Under SECRET_KEY. */
  master: Vault
  secrets: StoreSecrets
  names: Names
  schema: number
  releaseSeconds: number
  targets: Targets
  backendTargets: Targets
  tokens: AccessTokens
  audit: Audit
  log: Log
  now: () => number
  newId: () => string
  random: Random
}

export function createBackup(options: BackupOptions): Backup {
  const { engine, kv, secrets, names, schema, targets, backendTargets, audit, now, newId, random } = options
  const finishing = { kv, limits: engine, now, releaseSeconds: options.releaseSeconds, log: options.log }

  const newHead = async (
    passphrase: string,
  ): Promise<{ head: Head; key: Awaited<ReturnType<typeof keyOf>>['key'] }> => {
    const kdf = newKdf(random)
    const { key, check } = await keyOf(passphrase, kdf)
    const createdAt = new Date(now()).toISOString()
    return { head: { format: FORMAT, version: FORMAT_VERSION, schema, createdAt, front: names, kdf, check }, key }
  }

  return {
    async export(passphrase, actor) {
      const secret = await secrets.text()
      const { head, key } = await newHead(passphrase)
      await kv.commit([], [audit.entry(actor, { action: 'export', target: names.domain })])
      return writeDocument({ head, key, secret, records: exported(snapshot(engine, { newId })) })
    },

    async import(document, actor, ownTokens) {
      await importDocument(
        {
          ...options,
          ...finishing,
          context: { names, targets, backendTargets },
          decided: secrets.lookAgain,
          added: async (hash) => [
            ...(await keptTokens(options, ownTokens, hash)),
            audit.entry(actor, { action: 'import', target: document.head.front.domain }),
          ],
        },
        document,
      ).finally(secrets.lookAgain)
      return countAll(kv)
    },

    recover: () => finishImport(finishing),
  }
}

async function* exported(batches: AsyncIterable<StoreRecord[]>): AsyncGenerator<StoreRecord[]> {
  for await (const batch of batches) yield batch.filter(({ key }) => isExported(key))
}

async function countAll(kv: Kv): Promise<Imported> {
  const counts = { agents: 0, routes: 0 }
  for await (const _ of listAll(kv, AGENTS)) counts.agents += 1
  for await (const { value } of listAll<{ count: number }>(kv, countKeyOf(''))) counts.routes += value.count
  return counts
}
