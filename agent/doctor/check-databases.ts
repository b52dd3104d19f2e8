import { X509Certificate } from 'node:crypto'
import { authoritiesIn, type Certificate } from '../certificates/certificate.ts'
import { readCertificate } from '../certificates/files.ts'
import type { Database } from '../config/database.ts'
import { probe } from '../health/probe.ts'
import { nameOfDatabase } from '../mongod/database-name.ts'
import { demandsCertificate, handshake } from '../mongod/handshake.ts'
import { createPinger } from '../mongod/ping.ts'
import { doubtful, type Finding, well, wrong } from './finding.ts'
import type { Patient } from './patient.ts'

const TLS_ADVICE = 'cloudlunacy-agent certs mongod prints what its configuration needs'

/** Whether each database answers, by the TLS that its clients come with. */
export async function checkDatabases({ settings, folder, domains }: Patient): Promise<Finding[]> {
  const own = await readCertificate(folder.certificates)
  const all = settings.databases.map(async (database) => {
    const subject = `database ${nameOfDatabase(database)}`
    const host = domains && (database.name === undefined ? domains.mongodb : `${database.name}.${domains.mongodb}`)
    const reached = await checkReach(subject, database)
    if (reached) return [reached]
    if (database.options?.useTls === false)
      return [well(subject, `listens at ${placeOf(database)}; HAProxy speaks TLS for it`)]
    const shown = await checkTls(subject, database, { own, host })
    return shown.verdict === 'wrong' ? [shown] : [shown, ...(await checkLogin(subject, database, folder.certificates))]
  })
  return (await Promise.all(all)).flat()
}

const placeOf = ({ host, port }: Database): string => `${host}:${port}`

async function checkReach(subject: string, database: Database): Promise<Finding | null> {
  const { host, port } = database
  const problem = await probe(true, { host, port, tls: false, protocol: 'http1' })
  if (problem === null) return null
  const advice =
    'Does mongod run (systemctl status mongod), and is it on this port? It has to listen on this machine alone'
  return wrong(subject, `does not answer at ${placeOf(database)}: ${problem}`, advice)
}

interface Expected {
  own: Certificate | null
  /** What its clients call it. */
  host: string | null
}

async function checkTls(subject: string, { host: address, port }: Database, { own, host }: Expected): Promise<Finding> {
  const place = { host: address, port }
  const pem = own && { cert: own.cert, key: own.key }
  const shown = await handshake({ ...place, ...pem }).catch(() => null)
  if (!shown)
    return wrong(
      subject,
      'speaks no TLS, and its clients do',
      `${TLS_ADVICE}; or set "useTls: false" in its options, and HAProxy speaks TLS for it`,
    )
  if (!own)
    return doubtful(subject, 'speaks TLS, and the agent has no certificate to compare', 'cloudlunacy-agent up gets one')
  const problem = differs(shown, own, host)
  if (problem !== null) return wrong(subject, problem, TLS_ADVICE)
  if (await demandsCertificate(place)) {
    const advice = 'Set net.tls.allowConnectionsWithoutCertificates to true, unless each client is to have one'
    return doubtful(
      subject,
      'demands a certificate of each client, which those who log in by a password do not have',
      advice,
    )
  }
  if (shown.fingerprint256 === new X509Certificate(own.cert).fingerprint256)
    return well(subject, `answers by TLS, with the agent’s certificate`)
  const advice = 'Set "admin" of the database in agent.yaml, and the agent has it take each new one; or restart it'
  return doubtful(
    subject,
    `shows an older certificate, which expires at ${new Date(shown.validTo).toISOString()}`,
    advice,
  )
}

/** From what its clients believe. */
function differs(shown: X509Certificate, own: Certificate, host: string | null): string | null {
  if (!authoritiesIn(own.ca).some((ca) => shown.checkIssued(ca)))
    return `shows a certificate of ${shown.subject.replaceAll('\n', ', ')} that the front’s CA has not signed`
  if (Date.parse(shown.validTo) <= Date.now())
    return `shows a certificate that has expired at ${new Date(shown.validTo).toISOString()}`
  if (host !== null && shown.checkHost(host) === undefined)
    return `shows a certificate that is good for ${shown.subjectAltName ?? 'no name'}, and not for ${host}`
  return null
}

async function checkLogin(
  subject: string,
  { admin }: Database,
  files: Patient['folder']['certificates'],
): Promise<Finding[]> {
  if (admin === undefined) return []
  const pinger = createPinger(admin, files)
  const problem = await pinger.ping().finally(() => pinger.close())
  if (problem === null) return [well(subject, 'lets the agent log in')]
  return [wrong(subject, `does not let the agent log in: ${problem}`, 'See "admin" of the database in agent.yaml')]
}
