import type { AgentChange, Calls, Credentials, HeartbeatReport, Registration } from './api.ts'
import type { Caller, CallOptions, Gives, WriteOptions } from './call.ts'
import type { Session } from './session.ts'

type Own<T> = Omit<T, keyof Credentials>

/** The agent itself: who it is, how it is, and that it is gone. */
export interface AgentCalls {
  /** Makes the agent known, or its fields other ones. An enrolment token is needed the first time. */
  register(registration: Own<Registration>, options?: CallOptions): Gives<'registerAgent'>
  /** Whether the key is the right one. Calls get their tokens by themselves. */
  authenticate(options?: CallOptions): Promise<void>
  read(options?: CallOptions): Promise<Calls['getAgent']['gives']['agent']>
  update(change: Own<AgentChange>, options?: WriteOptions): Gives<'updateAgent'>
  /** Gives the name up, with all routes and certificates. */
  deregister(options?: WriteOptions): Gives<'removeAgent'>
  heartbeat(report: Own<HeartbeatReport>, options?: CallOptions): Gives<'reportHeartbeat'>
  /** The former key and all tokens are refused from then on. Keep the new one at once: nobody else has it. */
  rotateKey(options?: WriteOptions): Gives<'rotateAgentKey'>
  /** Refuses all tokens and certificates; the key is good for new ones. */
  revokeAll(options?: WriteOptions): Gives<'revokeAgent'>
  /** Certificates, the database's address and all routes, as the seeds of this system hand them over. */
  configuration(options?: CallOptions): Gives<'getAgentConfig'>
  /** Whether the front works. */
  health(options?: CallOptions): Gives<'getHealth'>
}

export function agentCalls({ call, write, open }: Caller, session: Session, agentId: string): AgentCalls {
  const path = { agentId }
  return {
    async register(registration, options) {
      const body = { ...registration, agentId, agentKey: session.agentKey }
      const answer = await open('registerAgent', { body }, options)
      session.adopt(answer)
      return answer
    },
    authenticate: async (options) => void (await session.token(options?.signal)),
    read: async (options) => (await call('getAgent', { path }, options)).agent,
    update: (body, options) => write('updateAgent', { path, body }, options),
    deregister: (options) => write('removeAgent', { path }, options),
    heartbeat: (body, options) => call('reportHeartbeat', { path, body }, options),
    async rotateKey(options) {
      const answer = await write('rotateAgentKey', { path }, options)
      session.agentKey = answer.agentKey
      session.adopt(answer)
      return answer
    },
    async revokeAll(options) {
      return write('revokeAgent', { path }, options)
    },
    configuration: (options) => call('getAgentConfig', { path }, options),
    health: (options) => open('getHealth', {}, options),
  }
}
