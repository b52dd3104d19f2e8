import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { ApiError } from '../api-error.ts'
import { removeDurably, writeDurably } from '../durable-file.ts'
import { type Answer, type Call, noContent, param, type Route, textBody } from './call.ts'
import type { Context } from './context.ts'
import { push, pushStaple } from './push-certificate.ts'
import { existingFile } from './stored-files.ts'

const PATH = '/services/haproxy/storage/ssl_certificates/{name}/ocsp'
const ENDING = '.ocsp'
/** HAProxy reads a command into one buffer of 16 KiB. */
const MOST_CHARACTERS = 12_288

export const isStaple = (name: string): boolean => name.endsWith(ENDING)

/** HAProxy does not start with an answer beside a certificate whose issuer it does not know, so it goes before all else. */
export const forgetStaple = (file: string): Promise<void> => removeDurably(file + ENDING)

/** A call of our own: what HAProxy staples to a certificate, now and after a reload. */
export function stapleRoutes(context: Context): Route[] {
  return [
    { method: 'PUT', path: PATH, consumes: 'text/plain', handle: (call) => staple(context, call) },
    { method: 'DELETE', path: PATH, handle: (call) => unstaple(context, call) },
  ]
}

async function staple(context: Context, call: Call): Promise<Answer> {
  const file = existingFile(context.paths.certificates, param(call, 'name'))
  const answer = (await textBody(call)).trim()
  if (
    answer.length > MOST_CHARACTERS ||
    !/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(answer)
  )
    throw new ApiError(400, `an OCSP response is base64 of at most ${MOST_CHARACTERS} characters`)
  if (!hasIssuer(await readFile(file, 'utf8')))
    throw new ApiError(400, 'the issuer of the certificate must stand behind it')
  const bytes = Buffer.from(answer, 'base64')
  // A front that starts brings all of them again.
  if (existsSync(file + ENDING) && bytes.equals(await readFile(file + ENDING))) return noContent
  await context.engine.inTurn(() => writeDurably(file + ENDING, bytes))
  try {
    await pushStaple(context, file, answer)
  } catch (error) {
    // An HAProxy that starts at this moment may have read the folder before: whoever tries again is to bring it there too.
    await context.engine.inTurn(() => forgetStaple(file))
    throw error
  }
  return noContent
}

/** The same certificate anew has nothing stapled to it. */
async function unstaple(context: Context, call: Call): Promise<Answer> {
  const file = existingFile(context.paths.certificates, param(call, 'name'))
  if (!existsSync(file + ENDING)) return noContent
  await push(context, file, await readFile(file, 'utf8'))
  await context.engine.inTurn(() => forgetStaple(file))
  return noContent
}

function hasIssuer(pem: string): boolean {
  const [leaf, ...others] = (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (each) => new X509Certificate(each),
  )
  return leaf !== undefined && others.some((other) => leaf.checkIssued(other))
}
