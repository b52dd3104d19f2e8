import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'
import { stagedKv } from '../../shared/kv/staged/staged.ts'

/**
 * A process that commits until it is killed, and says of each commit that it was acknowledged.
 * Each writes the same number to many keys, so that half a commit would show.
 */
const [path = '', width = '2', maxOperations = '10000'] = process.argv.slice(2)
const raw = sqliteKv(nodeSqlDatabase(path))
const kv = stagedKv({ ...raw, maxOperations: Number(maxOperations) })

const keys = Array.from({ length: Number(width) }, (_, i) => `wide/${String(i).padStart(5, '0')}`)
const last = await kv.get<number>('count')
let count = last?.value ?? 0
let version = last?.version ?? null
for (;;) {
  count += 1
  const result = await kv.commit(
    [{ key: 'count', version }],
    [
      { key: 'count', value: count },
      { key: `log/${String(count).padStart(9, '0')}`, value: count },
      ...keys.map((key) => ({ key, value: count })),
    ],
  )
  if (!result.ok) throw new Error('a commit of the only writer was refused')
  version = (await kv.get('count'))?.version ?? null
  process.stdout.write(`${count}\n`)
}
