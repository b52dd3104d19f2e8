import { styleText } from 'node:util'

type Style = 'green' | 'yellow' | 'red' | 'bold' | 'dim'

/** Where a command talks: answers on one output, all else on the other. */
export interface Terminal {
  /** Answers are for programs: one JSON document. */
  readonly json: boolean
  /** Somebody sits there, and may be asked. */
  readonly interactive: boolean
  /** A line of the answer. */
  say(line?: string): void
  /** The whole answer, where `--json` was given. */
  answer(document: unknown): void
  /** What is not the answer. */
  note(line: string): void
  /** In colour, where somebody sees it. */
  paint(style: Style, text: string): string
  /** Shows that something goes on, once it has taken a second. */
  during<T>(what: string, work: Promise<T>): Promise<T>
  /** Reads a line; what is typed is not shown where it is secret. */
  ask(question: string, options?: { fallback?: string; secret?: boolean }): Promise<string>
  confirm(question: string): Promise<boolean>
}

export const painter =
  (colours: boolean) =>
  (style: Style, text: string): string =>
    colours ? styleText(style, text, { validateStream: false }) : text
