import type { z } from 'zod'
import { sentencesOf } from '../../shared/lib/problems.ts'
import { CommandError, EXIT, type Input } from './command.ts'
import type { Terminal } from './terminal.ts'

/** What was given cannot be used: in a terminal it is asked for again. */
export class WrongAnswer extends CommandError {}

/** What was given as an option. */
export function parsedAs<T extends z.ZodType>(schema: T, name: string, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const sentences = sentencesOf(parsed.error.issues).map(({ sentence }) => `${name} ${sentence}`)
  throw new WrongAnswer(sentences.join('\n'), { exitCode: EXIT.misused })
}

export interface Question<T extends z.ZodType> {
  /** Whoever gives it is not asked. */
  option: string
  question: string
  schema: T
  fallback?: string | undefined
}

/** What was given as an option, or else is asked for; asked for again until it can be used, where somebody is there. */
export async function givenOrAsked<T extends z.ZodType>(
  { option, question, schema, fallback }: Question<T>,
  input: Pick<Input, 'text'>,
  terminal: Terminal,
): Promise<z.output<T>> {
  const given = input.text(option)
  if (!terminal.interactive) {
    const text = given ?? fallback
    if (text !== undefined) return parsedAs(schema, `--${option}`, text)
    throw new CommandError(`--${option} is missing: ${question}`, { exitCode: EXIT.misused })
  }
  return untilRight(terminal, async (isFirst) => {
    if (isFirst && given !== undefined) return parsedAs(schema, `--${option}`, given)
    return parsedAs(schema, 'It', await terminal.ask(question, fallback === undefined ? {} : { fallback }))
  })
}

/** Says what was wrong, and does it again, until it is right or whoever is asked has enough. */
export async function untilRight<T>(terminal: Terminal, attempt: (isFirst: boolean) => Promise<T>): Promise<T> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await attempt(isFirst)
    } catch (error) {
      if (!(error instanceof WrongAnswer) || !terminal.interactive) throw error
      terminal.note(error.message)
    }
  }
}
