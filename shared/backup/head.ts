import { z } from 'zod'
import { AppError } from '../errors.ts'
import { Kdf } from './passphrase.ts'

export const FORMAT = 'cloudlunacy-front-export'
export const FORMAT_VERSION = 1

const domain = z.string().max(253)

/** Whose names everything in a document has. */
export const Names = z.strictObject({ domain, appsDomain: domain, mongodbDomain: domain, apiHost: domain })
export type Names = z.infer<typeof Names>

/** The readable part of a document, in the order in which it is written. */
export const Head = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION, `must be ${FORMAT_VERSION}, which is all that this release knows`),
  /** Of the store: see docs/map.md. */
  schema: z.int().min(1),
  createdAt: z.iso.datetime(),
  front: Names,
  kdf: Kdf,
  check: z.base64().max(64),
})
export type Head = z.infer<typeof Head>

/** One text for one head, which every part is authenticated with. */
export const headText = (head: Head): string => JSON.stringify(Head.parse(head))

/** Everything in a document has the names of the front that it came from, down to its certificates. */
export function assertFitting({ front, schema }: Head, names: Names, ownSchema: number): void {
  if (schema !== ownSchema) {
    const which = schema > ownSchema ? 'a newer' : 'an older'
    throw refused(`The document is of ${which} release (schema ${schema}, here ${ownSchema}): import it with that one`)
  }
  const wrong = (Object.keys(VARIABLES) as (keyof Names)[]).filter((name) => front[name] !== names[name])
  if (wrong.length === 0) return
  const wanted = wrong.map((name) => `${VARIABLES[name]}=${front[name]}`).join(' ')
  throw refused(`The document is of a front with other names: start this one with ${wanted}, and import it then`)
}

const VARIABLES = {
  domain: 'DOMAIN',
  appsDomain: 'APPS_DOMAIN',
  mongodbDomain: 'MONGODB_DOMAIN',
  apiHost: 'API_HOST',
} as const satisfies { [name in keyof Names]: string }

const refused = (sentence: string) => new AppError('DOCUMENT_REFUSED', sentence)
