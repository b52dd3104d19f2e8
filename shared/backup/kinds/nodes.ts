import { z } from 'zod'
import type { NodeRecord } from '../../nodes/node-record.ts'
import { NODE_COUNT, NODES, nodeKey } from '../../nodes/store-keys.ts'
import { type Kind, kindOf, Name, Pem, Sealed, Time } from './kind.ts'

const Node: z.ZodType<NodeRecord> = z.strictObject({
  name: Name,
  url: z.url({ protocol: /^https?$/ }),
  sealedLogin: Sealed,
  ca: Pem.nullable(),
  createdAt: Time,
  updatedAt: Time,
})

export const NODE_KINDS: Kind[] = [kindOf(NODES, Node, ({ name }) => nodeKey(name)), kindOf(NODE_COUNT, z.int().min(0))]
