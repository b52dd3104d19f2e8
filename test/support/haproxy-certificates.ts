import {
  type Authority,
  agentProfile,
  createAuthority,
  createRootCa,
  edgeProfile,
  exportPrivateKey,
  frontProfile,
  generateKeyPair,
  type Issued,
  type Profile,
  type RootCa,
  toPem,
} from '../../shared/pki/index.ts'

export interface Pem {
  cert: string
  key: string
}

export interface Certificates {
  ca: string
  /** The CA as it signs, for certificates that the front would not make. */
  root: RootCa
  edge: Pem
  front: Pem
  /** Of a server on this machine. */
  server(name: string): Promise<Pem>
  /** Of the agent `agent1`, unless it is told otherwise. */
  agent(agentId?: string): Promise<Pem & { issued: Issued }>
  /** The CA's list, with these on it. */
  crl(revoked: Issued[]): Promise<string>
}

/** A CA for everything below `test`, and what it signs. */
export async function createCertificates(): Promise<Certificates> {
  const root = await createRootCa({ permittedDomains: ['test', 'localhost'] })
  const authority = await createAuthority({ ...root, crlUrl: 'http://front.test/ca.crl' })
  const names = ['*.apps.test', '*.mongodb.test', '*.agent1.mongodb.test', 'front.test']
  return {
    ca: toPem('CERTIFICATE', root.certificate),
    root,
    edge: await issue(authority, edgeProfile(names)),
    front: await issue(authority, frontProfile('front.test')),
    server: (name) => issue(authority, { commonName: name, dnsNames: [name], ips: ['127.0.0.1'], usages: ['server'] }),
    agent: (agentId = 'agent1') =>
      issue(authority, agentProfile({ agentId, domain: 'test', mongodbDomain: 'mongodb.test' })),
    crl: async (revoked) => {
      const entry = (issued: Issued) => ({ ...issued, revokedAtMs: Date.now(), reason: 'keyCompromise' as const })
      const { crl } = await authority.signCrl({ number: 1, revocations: revoked.map(entry) })
      return toPem('X509 CRL', crl)
    },
  }
}

async function issue(authority: Authority, profile: Profile): Promise<Pem & { issued: Issued }> {
  const keys = await generateKeyPair()
  const issued = await authority.issue(profile, keys.publicKey)
  return {
    issued,
    cert: toPem('CERTIFICATE', issued.certificate),
    key: toPem('PRIVATE KEY', await exportPrivateKey(keys.privateKey)),
  }
}
