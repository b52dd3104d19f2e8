import { z } from 'zod'

/** A secret, or the file in which it is. `${NAME}` in gateway.yaml stands for what the environment says. */
export const Secret = z
  .union([z.string().min(1), z.strictObject({ file: z.string().min(1) })], 'must be text, or an object with file')
  .meta({ description: 'In a file, it may change at any time' })
export type Secret = z.infer<typeof Secret>
