import type { AgentRecord } from './agent-record.ts'

/** Who asks. An administrator's name is that of the token, for the audit log. */
export type Principal =
  | { kind: 'admin' | 'read-only' | 'metrics'; name: string }
  | { kind: 'agent'; agentId: string; agent: AgentRecord }
