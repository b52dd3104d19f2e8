import { openAcme } from '../../shared/acme/open-acme.ts'
import { createAudit } from '../../shared/audit/audit.ts'
import { nodeSqlDatabase } from '../../shared/kv/node-sqlite.ts'
import { sqliteKv } from '../../shared/kv/sqlite.ts'
import { createLog } from '../../shared/log/log.ts'
import { secureRandom, utf8 } from '../../shared/pki/bytes.ts'
import { createVault } from '../../shared/pki/index.ts'
import { provedDomains } from '../../shared/routes/domains/proved.ts'

/** A process that orders certificates until it is killed, and says of each that it has it. */
const [path = '', directory = '', ...names] = process.argv.slice(2)
const kv = sqliteKv(nodeSqlDatabase(path))
const log = createLog({ level: 'info', write: (line) => process.stdout.write(line) })
const newId = () => crypto.randomUUID()
const acme = openAcme(
  {
    ...{ directory, names, ownNames: [], dns: null, email: null, external: null },
    ...{ fetch: (request) => fetch(request), userAgent: 'orderer', ownsStore: true },
  },
  {
    ...{ kv, newId, now: Date.now, random: secureRandom },
    vault: await createVault({ secret: utf8('only-for-tests-only-for-tests-only') }),
    audit: createAudit({ kv, now: Date.now, newId, keptDays: 1 }),
    gateway: { answerChallenge: async () => undefined },
    log,
    proved: provedDomains(kv, log),
  },
)
acme.wake()
