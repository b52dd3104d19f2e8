import { z } from 'zod'
import { FRONT_COMMON_NAME } from './front-name.ts'
import { plainText } from './plain-text.ts'

/** Names that would look like the front's own. */
const RESERVED = [
  'admin',
  'administrator',
  'agents',
  'api',
  'authenticate',
  'apps',
  'autoconfig',
  'autodiscover',
  'cloudlunacy',
  FRONT_COMMON_NAME,
  'ftp',
  'haproxy',
  'imap',
  'localhost',
  'mail',
  'mongodb',
  'mx',
  'ns',
  'ns1',
  'ns2',
  'pop',
  'postmaster',
  'register',
  'root',
  'smtp',
  'stats',
  'status',
  'support',
  'webmail',
  'www',
]

/** One lower-case label of a host name: it becomes a part of hosts, certificates and keys of the store. */
export const Label = z
  .string()
  .max(63, 'must have at most 63 characters')
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens, such as shop-1')
  .refine((label) => !/^..--/.test(label), 'must not have hyphens as its third and fourth characters')
  .meta({ pattern: '^(?!..--)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$' })

export const AgentId = Label.refine((id) => !RESERVED.includes(id), 'is reserved: choose another').meta({
  id: 'AgentId',
  description: 'The name of the agent: one label of its host names',
  example: 'vps-1',
  not: { enum: RESERVED },
})
export type AgentId = z.infer<typeof AgentId>

export const AgentKey = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(256, 'must have at most 256 characters')
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII without spaces')

export const AgentName = plainText(100)

export const IpAddress = z.union(
  [z.ipv4().meta({ format: 'ipv4' }), z.ipv6().meta({ format: 'ipv6' })],
  'must be an IP address, such as 203.0.113.7',
)
