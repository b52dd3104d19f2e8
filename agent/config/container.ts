import { z } from 'zod'
import { Port } from '../../shared/domain/target-host.ts'

/** A container that the agent runs through the Docker socket. */
export const ContainerFields = z.strictObject({
  image: z.string().min(1, 'must not be empty').max(255, 'must have at most 255 characters'),
  /** Where it listens inside. */
  port: Port,
})
export type ContainerFields = z.infer<typeof ContainerFields>
