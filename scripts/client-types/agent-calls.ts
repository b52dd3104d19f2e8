/** What an agent may call, so that its library knows these calls and no more. */
export const AGENT_CALLS = [
  'getHealth',
  'registerAgent',
  'authenticateAgent',
  'getAgent',
  'updateAgent',
  'removeAgent',
  'reportHeartbeat',
  'rotateAgentKey',
  'revokeAgent',
  'getAgentConfig',
  'putHttpRoute',
  'putMongodbRoute',
  'removeRoute',
  'changeRoutes',
  'listRoutesOfAgent',
  'getRoute',
  'listEditionsOfRoute',
  'rollBackRoute',
  'listAuthorities',
  'getAuthoritiesPem',
  'getRevocationListsPem',
  'signAgentCsr',
  'renewAgentCertificate',
  'revokeAgentCertificates',
  'forgetAgentKey',
  'listStats',
  'listLogLines',
] as const

/** Of what comes as a stream. */
export const AGENT_SCHEMAS = ['StreamedEvent', 'LogLine'] as const
