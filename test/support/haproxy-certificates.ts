import {
  type Authority,
  agentProfile,
  createAuthority,
  createRootCa,
  edgeProfile,
  exportPrivateKey,
  frontProfile,
  generateKeyPair,
  type Profile,
  toPem,
} from '../../shared/pki/index.ts'

export interface Pem {
  cert: string
  key: string
}

export interface Certificates {
  ca: string
  edge: Pem
  front: Pem
  /** Of the agent `agent1`, unless it is told otherwise. */
  agent(agentId?: string): Promise<Pem>
}

/** A CA for everything below `test`, and what it signs. */
export async function createCertificates(): Promise<Certificates> {
  const root = await createRootCa({ permittedDomains: ['test', 'localhost'] })
  const authority = await createAuthority({ ...root, crlUrl: 'http://front.test/ca.crl' })
  const names = ['*.apps.test', '*.mongodb.test', '*.agent1.mongodb.test', 'front.test']
  return {
    ca: toPem('CERTIFICATE', root.certificate),
    edge: await issue(authority, edgeProfile(names)),
    front: await issue(authority, frontProfile('front.test')),
    agent: (agentId = 'agent1') =>
      issue(authority, agentProfile({ agentId, domain: 'test', mongodbDomain: 'mongodb.test' })),
  }
}

async function issue(authority: Authority, profile: Profile): Promise<Pem> {
  const keys = await generateKeyPair()
  const { certificate } = await authority.issue(profile, keys.publicKey)
  return {
    cert: toPem('CERTIFICATE', certificate),
    key: toPem('PRIVATE KEY', await exportPrivateKey(keys.privateKey)),
  }
}
