import type { MongoClient, MongoClientOptions } from 'mongodb'
import type { CertificatePaths } from '../config/folder.ts'
import { checkNames } from './names.ts'

/** A database of this machine does not take seconds to answer. */
const PATIENCE_MS = 3_000

/** Of its own TLS, whoever names it knows more than the agent. */
const SAYS_TLS = /[?&](?:tls|ssl)=/

/** Logged in as `admin` says, by the certificates that the agent has. The caller closes it. */
export async function connectTo(admin: string, files: CertificatePaths): Promise<MongoClient> {
  // It takes 33 MB of memory, which most machines need not spend.
  const { MongoClient } = await import('./mongo-client.ts')
  const tls = SAYS_TLS.test(admin) ? {} : await ownTls(files)
  const client = new MongoClient(admin, {
    directConnection: true,
    appName: 'cloudlunacy-agent',
    maxPoolSize: 1,
    connectTimeoutMS: PATIENCE_MS,
    serverSelectionTimeoutMS: PATIENCE_MS,
    ...tls,
  })
  try {
    return await client.connect()
  } catch (error) {
    await client.close().catch(() => undefined)
    throw error
  }
}

/** mongod shows the agent's certificate: under whichever address it is reached, it is known by the agent's names. */
const ownTls = async ({ ca, cert, mongodb }: CertificatePaths): Promise<MongoClientOptions> => ({
  tls: true,
  tlsCAFile: ca,
  tlsCertificateKeyFile: mongodb,
  checkServerIdentity: await checkNames(cert),
})
