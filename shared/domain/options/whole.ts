import { z } from 'zod'

export const whole = (least: number, most: number) =>
  z
    .int({ error: ({ input }) => (input === undefined ? undefined : 'must be a whole number') })
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`)
