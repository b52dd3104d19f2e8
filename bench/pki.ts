import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
// @peculiar/x509 does not load without it.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import {
  agentProfile,
  createAuthority,
  createRootCa,
  exportPrivateKey,
  generateKeyPair,
  LEAF_LIFE_MS,
  type RootCa,
  toPem,
} from '../shared/pki/index.ts'
import { type Contestant, compare, microsEach, type Result } from './measure.ts'

const DOMAIN = 'bench.test'
const CRL_URL = `http://front.${DOMAIN}/ca.crl`
const PROFILE = agentProfile({ agentId: 'agent-1', domain: DOMAIN, mongodbDomain: `mongodb.${DOMAIN}` })
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Everybody makes a P-256 key and has it certified, with the same names and extensions, by the same CA. */
export async function run(): Promise<void> {
  const root = await createRootCa({ permittedDomains: [DOMAIN, 'localhost'] })
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  try {
    print(await compare([await peculiar(root), await ours(root), bare(root), await openssl(root, folder)], 15))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function ours(root: RootCa): Promise<Contestant> {
  const authority = await createAuthority({ ...root, crlUrl: CRL_URL })
  const certify = async () => authority.issue(PROFILE, (await generateKeyPair()).publicKey)
  return { name: 'shared/pki', round: () => microsEach(200, certify) }
}

function bare({ privateKey }: RootCa): Contestant {
  const content = new Uint8Array(500)
  const certify = async () => {
    await generateKeyPair()
    return crypto.subtle.sign(ECDSA, privateKey, content)
  }
  return { name: 'bare WebCrypto: generate and sign', round: () => microsEach(200, certify) }
}

/** As its documentation has it, with the extensions that never change made once. */
async function peculiar({ certificate, privateKey }: RootCa): Promise<Contestant> {
  const ca = new x509.X509Certificate(certificate)
  const shared = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
    new x509.CRLDistributionPointsExtension([CRL_URL]),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension(PROFILE.dnsNames.map((value) => ({ type: 'dns', value }))),
  ]
  const certify = async () => {
    const { publicKey } = await generateKeyPair()
    return x509.X509CertificateGenerator.create({
      subject: `CN=${PROFILE.commonName}`,
      issuer: ca.subject,
      notAfter: new Date(Date.now() + LEAF_LIFE_MS),
      publicKey,
      signingKey: privateKey,
      signingAlgorithm: ECDSA,
      extensions: [...shared, await x509.SubjectKeyIdentifierExtension.create(publicKey)],
    })
  }
  return { name: '@peculiar/x509 alone', round: () => microsEach(50, certify) }
}

/** Three processes a certificate, as a script would do it. */
async function openssl(root: RootCa, folder: string): Promise<Contestant> {
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth,clientAuth',
    'subjectKeyIdentifier=hash',
    'authorityKeyIdentifier=keyid',
    `crlDistributionPoints=URI:${CRL_URL}`,
    `subjectAltName=${PROFILE.dnsNames.map((name) => `DNS:${name}`).join(',')}`,
  ]
  await writeFile(join(folder, 'leaf.ext'), extensions.join('\n'))
  await writeFile(join(folder, 'ca.pem'), toPem('CERTIFICATE', root.certificate))
  await writeFile(join(folder, 'ca.key'), toPem('PRIVATE KEY', await exportPrivateKey(root.privateKey)))
  const call = (args: string) => promisify(execFile)('openssl', args.split(' '), { cwd: folder })
  const certify = async () => {
    await call('ecparam -name prime256v1 -genkey -noout -out leaf.key')
    await call(`req -new -key leaf.key -subj /CN=${PROFILE.commonName} -out leaf.csr`)
    await call('x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -extfile leaf.ext -days 90 -out leaf.pem')
  }
  return { name: 'openssl: ecparam, req, x509', round: () => microsEach(5, certify) }
}

function print(results: Result[]): void {
  const rows = results.map(({ name, medianMicros, ratio }) => {
    const perSecond = (1_000_000 / medianMicros).toFixed(0)
    return `  ${name.padEnd(34)}${perSecond.padStart(10)} /s${(100 / ratio).toFixed(0).padStart(8)} %`
  })
  process.stdout.write(`certificates, key generation included\n${rows.join('\n')}\n\n`)
}

if (import.meta.main) await run()
