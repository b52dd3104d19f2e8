import { z } from 'zod'
import { whole } from '../../shared/domain/options/whole.ts'
import { Port } from '../../shared/domain/target-host.ts'

/** A container that the agent runs through the Docker socket. */
export const ContainerFields = z.strictObject({
  image: z.string().min(1, 'must not be empty').max(255, 'must have at most 255 characters'),
  /** Where it listens inside; PORT there. */
  port: Port,
  /** Instead of what the image starts by itself. */
  command: z.array(z.string()).min(1, 'must not be empty').optional(),
  volumes: z
    .array(
      z
        .string()
        .regex(/^[^:]+:\/[^:]+(:(ro|rw))?$/, 'must be a folder or a volume, and where it is inside: /data:/data:ro'),
    )
    .default([]),
  /** A user of the image: name or number. */
  user: z.string().min(1, 'must not be empty').optional(),
  memoryMegabytes: whole(6, 1_048_576).optional(),
  /** always: at each start it is looked for a newer one under the same name. */
  pull: z.enum(['missing', 'always'], 'must be missing or always').default('missing'),
})
export type ContainerFields = z.infer<typeof ContainerFields>
