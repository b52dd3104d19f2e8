import { z } from 'zod'

/** `ingress`: the front comes through the agent's ingress, by mutual TLS. `direct`: the front asks the target itself. */
export const Exposure = z.enum(['ingress', 'direct'], 'must be ingress or direct').default('ingress')
export type Exposure = z.infer<typeof Exposure>
