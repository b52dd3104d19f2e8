import { z } from 'zod'
import { AgentName, IpAddress, Label } from '../../domain/agent.ts'
import { Heartbeat } from '../../domain/heartbeat.ts'
import { type AccessToken, TOKEN_KINDS, tokenKey } from '../../identity/access-tokens.ts'
import type { StoredKey } from '../../identity/agent-key.ts'
import {
  AGENTS,
  type AgentRecord,
  agentKeyOf,
  heartbeatKeyOf,
  type LastHeartbeat,
  type ReleasedName,
  registrationKeyOf,
  releasedKeyOf,
} from '../../identity/agent-record.ts'
import type { SigningKeyRecord } from '../../identity/signing-key.ts'
import { Hash, type Kind, kindOf, Ms, Name, Sealed, Time } from './kind.ts'

const StoredAgentKey: z.ZodType<StoredKey> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('random'), hash: Hash }),
  z.strictObject({ kind: z.literal('chosen'), salt: z.base64url().max(64), hash: Hash }),
])

const Agent: z.ZodType<AgentRecord> = z.strictObject({
  agentId: Label,
  name: AgentName.nullable(),
  targetIp: IpAddress,
  key: StoredAgentKey,
  incarnation: Name,
  tokenVersion: z.int(),
  suspended: z.boolean(),
  createdAt: Time,
  updatedAt: Time,
})

const Released: z.ZodType<ReleasedName> = z.strictObject({ key: StoredAgentKey, releasedAt: Time })

const LastSaid: z.ZodType<LastHeartbeat> = z.strictObject({ ...Heartbeat.shape, at: Time })

const Token: z.ZodType<AccessToken> = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{24}$/),
  kind: z.enum(TOKEN_KINDS),
  name: z.string().max(100).nullable(),
  hash: Hash,
  usesLeft: z.int().min(0).nullable(),
  namePattern: z.string().max(63).nullable(),
  expiresAt: Time.nullable(),
  createdAt: Time,
})

const SigningKey: z.ZodType<SigningKeyRecord> = z.strictObject({ sealed: Sealed, madeAtMs: Ms, signsFromMs: Ms })

export const AGENT_KINDS: Kind[] = [
  kindOf(AGENTS, Agent, ({ agentId }) => agentKeyOf(agentId)),
  { ...kindOf(releasedKeyOf(''), Released), writtenAt: (value) => (value as ReleasedName).releasedAt },
  kindOf(heartbeatKeyOf(''), LastSaid),
  kindOf(registrationKeyOf(''), Name),
  kindOf(tokenKey(''), Token, ({ id }) => tokenKey(id)),
  kindOf('jwt-keys/', SigningKey),
  kindOf('meta/first-token/', z.string().regex(/^[0-9a-f]{24}$/)),
  kindOf('meta/newest-jwt-key', z.string().max(64)),
]
