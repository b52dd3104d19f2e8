import { z } from 'zod'
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
