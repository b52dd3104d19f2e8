import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { newFolder } from './folder.ts'
import { freePort } from './ports.ts'

export interface OcspCertificate {
  /** The certificate, its issuer and its key, as they are uploaded. */
  pem: string
  /** Its path in the CA's folder, without an ending. */
  name: string
  certificate: string
  key: string
  fingerprint: string
  serial: string
}

type Status = 'good' | 'revoked' | 'unknown'

interface IssueOptions {
  extensions?: string
  /** It may sign answers. */
  signs?: boolean
  number?: string
  digest?: 'sha1' | 'sha256'
}

export interface OcspCa {
  url: string
  folder: string
  /** PEM. */
  certificate: string
  issue(host: string, options?: IssueOptions): OcspCertificate
  /** What the responder will say of it. */
  mark(certificate: OcspCertificate, status: Status): void
  /** What OpenSSL's responder says to a request, without a network. `signer`: the CA, or another in its folder. */
  answer(request: Uint8Array, options?: { signer?: string; minutes?: number; key?: string }): Buffer
  /** Its responder, which gives these answers. It ends with the test. */
  start(options?: { minutes?: number }): Promise<{ stop(): Promise<void> }>
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const RSA_KEY = ['-newkey', 'rsa:2048', '-nodes']

/** A CA of OpenSSL's whose certificates name its OCSP responder. */
export async function newOcspCa({ isRsa = false, name = 'The CA of the tests' } = {}): Promise<OcspCa> {
  const folder = newFolder()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/ocsp`
  const path = (file: string) => join(folder, file)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
  const keyArgs = isRsa ? RSA_KEY : KEY
  openssl('req', '-x509', ...keyArgs, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', `/CN=${name}`, '-days', '30')
  const statuses = new Map<string, { status: Status; subject: string }>()
  let count = 0

  const writeIndex = () => {
    const lines = [...statuses].flatMap(([serial, { status, subject }]) => {
      if (status === 'unknown') return []
      const [letter, revoked] = status === 'good' ? ['V', ''] : ['R', '260101000000Z,keyCompromise']
      return `${letter}\t491231000000Z\t${revoked}\t${serial}\tunknown\t${subject}\n`
    })
    writeFileSync(path('index.txt'), lines.join(''))
  }
  writeIndex()

  const issue: OcspCa['issue'] = (host, { extensions = '', signs = false, number, digest = 'sha256' } = {}) => {
    const id = `made-${++count}`
    const usage = signs ? 'OCSPSigning' : 'serverAuth'
    const lines = [`subjectAltName=DNS:${host}`, `extendedKeyUsage=${usage}`, `authorityInfoAccess=OCSP;URI:${url}`]
    writeFileSync(path(`${id}.ext`), [...lines, extensions].join('\n'))
    openssl('req', ...keyArgs, '-keyout', `${id}.key`, '-out', `${id}.csr`, '-subj', `/CN=${host}`)
    const by = [
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-days',
      '20',
      '-extfile',
      `${id}.ext`,
      `-${digest}`,
      ...(number ? ['-set_serial', number] : []),
    ]
    openssl('x509', '-req', '-in', `${id}.csr`, ...by, '-out', `${id}.pem`)
    const [certificate, key] = [readFileSync(path(`${id}.pem`), 'utf8'), readFileSync(path(`${id}.key`), 'utf8')]
    const { fingerprint256: fingerprint, serialNumber: serial } = new X509Certificate(certificate)
    statuses.set(serial, { status: 'good', subject: `/CN=${host}` })
    writeIndex()
    return {
      pem: certificate + readFileSync(path('ca.pem'), 'utf8') + key,
      name: id,
      certificate,
      key,
      fingerprint,
      serial,
    }
  }

  const made: OcspCa = {
    url,
    folder,
    certificate: readFileSync(path('ca.pem'), 'utf8'),
    issue,
    mark({ serial }, status) {
      const known = statuses.get(serial)
      if (known) statuses.set(serial, { ...known, status })
      writeIndex()
    },
    answer(request, { signer = 'ca', key = signer, minutes = 60 } = {}) {
      writeFileSync(path('request.der'), request)
      const signing = ['-rsigner', `${signer}.pem`, '-rkey', `${key}.key`, '-nmin', String(minutes)]
      openssl('ocsp', '-index', 'index.txt', '-CA', 'ca.pem', ...signing, '-reqin', 'request.der', '-respout', 'it.der')
      return readFileSync(path('it.der'))
    },
    async start({ minutes = 60 } = {}) {
      // OpenSSL's own listener would be open to the network.
      const server = createServer((request, response) => {
        const asked = decodeURIComponent(request.url?.replace(/^\/ocsp\//, '') ?? '')
        const answer = made.answer(Buffer.from(asked, 'base64'), { minutes })
        response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(answer)
      })
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
      const stop = async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
      onTestFinished(stop)
      return { stop }
    },
  }
  return made
}
