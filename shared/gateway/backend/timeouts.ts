import type { Backend } from '../../dataplane/models.ts'
import type { Timeouts } from '../../domain/options/timeouts.ts'

export const timeoutsOf = ({ connectSeconds, responseSeconds, tunnelSeconds }: Timeouts = {}): Partial<Backend> => ({
  ...(connectSeconds !== undefined && { connect_timeout: connectSeconds * 1_000 }),
  ...(responseSeconds !== undefined && { server_timeout: responseSeconds * 1_000 }),
  ...(tunnelSeconds !== undefined && { tunnel_timeout: tunnelSeconds * 1_000 }),
})
