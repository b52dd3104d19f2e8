import { z } from '@hono/zod-openapi'
import { Heartbeat } from '../shared/domain/heartbeat.ts'
import type { AgentRecord, LastHeartbeat } from '../shared/identity/agent-record.ts'

export const Agent = z
  .strictObject({
    agentId: z.string(),
    agentName: z.string().nullable(),
    targetIp: z.string(),
    suspended: z.boolean(),
    createdAt: z.string(),
    updatedAt: z.string(),
    heartbeat: z
      .strictObject({ at: z.string(), ...Heartbeat.shape })
      .nullable()
      .openapi({ description: 'What it last said of itself' }),
  })
  .openapi('Agent')

export function agentAnswer(agent: AgentRecord, heartbeat: LastHeartbeat | null): z.infer<typeof Agent> {
  const { agentId, name, targetIp, suspended, createdAt, updatedAt } = agent
  return {
    agentId,
    agentName: name,
    targetIp,
    suspended,
    createdAt,
    updatedAt,
    heartbeat: heartbeat && complete(heartbeat),
  }
}

/** One of an earlier release says less. */
const complete = ({ at, ...said }: LastHeartbeat): LastHeartbeat => ({ at, ...Heartbeat.parse(said) })
