import type { Question, Reply } from './exchange.ts'

/** Asks one app, over connections that it keeps. */
export interface AppClient {
  /** Sooner or later the reply has ended, or broken off. */
  ask(question: Question, reply: Reply): void
  /** Closes connections that nobody has used for a while. */
  sweep(): void
  /** Nobody asks any more; what runs goes on. */
  close(): void
}
