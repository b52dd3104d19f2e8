import type { AgentRecord } from './agent-record.ts'

/** Who asks, and until when that holds: `null` without an end. An administrator's name is that of the token, for the audit log. */
export type Principal =
  | { kind: 'admin' | 'read-only' | 'metrics'; name: string; tokenId: string; expiresAtMs: number | null }
  | { kind: 'agent'; agentId: string; agent: AgentRecord; expiresAtMs: number | null }
