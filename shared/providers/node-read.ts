import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { holdsCertificate } from '../lib/holds-certificate.ts'
import type { BackendProvider } from './provider.ts'
import type { Secret } from './secret.ts'
import { SourceError, systemCode } from './source-error.ts'

/** As it is at this moment, without the line break at its end. */
export async function readSecret(secret: Secret): Promise<string> {
  if (typeof secret === 'string') return secret
  const text = await readFile(secret.file, 'utf8').catch((error) => {
    throw unreadable(secret.file, error)
  })
  return text.trimEnd()
}

/** The same where it holds until the provider is opened again. */
export const readSecretOnce = (secret: Secret): string =>
  typeof secret === 'string' ? secret : readPem(secret.file).trimEnd()

/** A certificate or a key, which holds until the provider is opened again. */
export function readPem(path: string): string
export function readPem(path: string | undefined): string | undefined
export function readPem(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Whom to believe instead of the authorities that Node knows. */
export function readCa(path: string): string
export function readCa(path: string | undefined): string | undefined
export function readCa(path: string | undefined): string | undefined {
  const pem = readPem(path)
  if (pem !== undefined && !holdsCertificate(pem)) throw new SourceError(`The file ${path} holds no certificate`)
  return pem
}

/** The same provider, which gives back besides what it was made with. */
export const closingToo = (provider: BackendProvider, close: () => void): BackendProvider => ({
  ...provider,
  async stop() {
    await provider.stop()
    close()
  },
})

const unreadable = (path: string, cause: unknown) =>
  new SourceError(`The file ${path} cannot be read (${systemCode(cause) ?? 'it is no text'})`, { cause })
