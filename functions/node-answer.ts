import { z } from '@hono/zod-openapi'
import { DataPlaneUrl, parseDataPlaneUrl } from '../shared/dataplane/data-plane-url.ts'
import { AppError } from '../shared/errors.ts'
import type { NodeAddress } from '../shared/nodes/node-record.ts'
import type { NodeDid } from '../shared/nodes/nodes.ts'
import { fromPem } from '../shared/pki/index.ts'

export const Node = z
  .strictObject({
    name: z.string().openapi({ example: 'local' }),
    configured: z
      .boolean()
      .openapi({ description: 'By the front’s own settings: the API can neither change it nor remove it' }),
    url: z.string().openapi({ description: 'Of its Data Plane API' }),
    reachable: z.boolean(),
    haproxyVersion: z.string().nullable().openapi({ example: '3.0.11' }),
    dataPlaneVersion: z.string().nullable(),
    appliedRevision: z.int().openapi({ description: 'It has everything that was accepted up to this revision' }),
    lagMs: z.number().openapi({ description: 'How long it has been behind' }),
    reloads: z.int(),
    passes: z.int().openapi({ description: 'How often it was compared with what was accepted' }),
    lastReloadAt: z.string().nullable(),
    lastError: z.string().nullable(),
    repairs: z.int().openapi({ description: 'What was found other than it had been left, and put right' }),
    lastRepair: z.strictObject({ at: z.string(), what: z.string(), why: z.string() }).nullable(),
  })
  .openapi('Node')
export const Nodes = z.strictObject({ success: z.literal(true), nodes: z.array(Node) }).openapi('Nodes')
export const OneNode = z.strictObject({ success: z.literal(true), node: Node }).openapi('OneNode')
export const NodePutAnswer = z
  .strictObject({ success: z.literal(true), message: z.string(), node: Node })
  .openapi('NodePutAnswer')

export const NodePut = z
  .strictObject({
    url: DataPlaneUrl.meta({
      description: 'Of its Data Plane API, with user and password, which are kept encrypted and shown nowhere',
      example: 'https://user:password@haproxy.example.com:5555',
    }),
    ca: z
      .string()
      .max(65_536)
      .optional()
      .openapi({ description: 'As PEM: whom to believe there, instead of the public authorities' }),
  })
  .openapi('NodePut')

export function nodeAddress({ url, ca }: z.infer<typeof NodePut>): NodeAddress {
  if (ca !== undefined && !isCa(ca)) throw new AppError('INVALID_INPUT', 'ca must hold certificates as PEM, and no key')
  return { ...parseDataPlaneUrl(url), ca: ca ?? null }
}

function isCa(pem: string): boolean {
  const blocks = fromPem(pem)
  return blocks.length > 0 && blocks.every(({ label }) => label === 'CERTIFICATE')
}

export function putMessage({ name, reachable, lastError }: z.infer<typeof Node>, did: NodeDid): string {
  const done = { created: 'is added', changed: 'is changed', unchanged: 'is as it was' }[did]
  return reachable
    ? `The node ${name} ${done}, and has all routes`
    : `The node ${name} ${done}, and cannot be reached yet: ${lastError ?? 'it has not answered so far'}`
}
