import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { opensslIn } from './support.ts'

export const EC = 'EC -pkeyopt ec_paramgen_curve:P-256'
export const P384 = 'EC -pkeyopt ec_paramgen_curve:P-384'
export const RSA = 'RSA -pkeyopt rsa_keygen_bits:2048'

export const NAMES = ['shop.example', 'www.shop.example']
export const SERVER = `subjectAltName=${NAMES.map((name) => `DNS:${name}`).join(',')}\nextendedKeyUsage=serverAuth`
const CA = 'basicConstraints=critical,CA:TRUE'

interface Certification {
  file: string
  name?: string
  algorithm: string
  extensions: string
  signer: string
}

/** A public CA of OpenSSL's making, with three intermediates of one name, of which one may not sign. */
export function usePublicCa() {
  const issued: Record<string, string> = {}
  let folder = ''

  const run = async (command: string): Promise<string> => {
    const { ok, text } = await opensslIn(folder, command)
    if (!ok) throw new Error(text)
    return text
  }

  const certify = async ({ file, name = file, algorithm, extensions, signer }: Certification) => {
    await writeFile(join(folder, `${file}.ext`), extensions)
    await run(`genpkey -algorithm ${algorithm} -out ${file}.key`)
    await run(`req -new -key ${file}.key -subj /CN=${name} -out ${file}.csr`)
    await run(`x509 -req -days 30 -in ${file}.csr -extfile ${file}.ext ${signer} -out ${file}.pem`)
    issued[file] = await readFile(join(folder, `${file}.pem`), 'utf8')
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'front-edge-'))
    await certify({ file: 'root', algorithm: RSA, extensions: CA, signer: '-key root.key' })
    for (const file of ['issuer', 'stranger', 'impostor']) {
      const extensions = file === 'impostor' ? 'basicConstraints=CA:FALSE' : CA
      await certify({ file, name: 'issuer', algorithm: P384, extensions, signer: '-CA root.pem -CAkey root.key' })
    }
  })

  afterAll(() => rm(folder, { recursive: true }))

  /** What somebody would upload. */
  const publicChain = async ({ algorithm = EC, extensions = SERVER, issuer = 'issuer' } = {}) => {
    await certify({ file: 'leaf', algorithm, extensions, signer: `-CA ${issuer}.pem -CAkey ${issuer}.key` })
    const { leaf = '', root = '' } = issued
    return { leaf, issuer: issued[issuer] ?? '', root, key: await run('pkey -in leaf.key') }
  }

  return { publicChain, run }
}
