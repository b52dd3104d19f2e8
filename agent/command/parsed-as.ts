import type { z } from 'zod'
import { sentencesOf } from '../../shared/lib/problems.ts'
import { CommandError, EXIT } from './command.ts'

/** What was given as an option, or typed as an answer. */
export function parsedAs<T extends z.ZodType>(schema: T, name: string, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const sentences = sentencesOf(parsed.error.issues).map(({ sentence }) => `${name} ${sentence}`)
  throw new CommandError(sentences.join('\n'), { exitCode: EXIT.misused })
}
