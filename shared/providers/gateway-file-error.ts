import { firstOf } from '../lib/first-of.ts'

const MOST_MISTAKES = 100

/** All that is wrong with a gateway.yaml, a sentence for each thing. */
export class GatewayFileError extends Error {
  constructor(mistakes: string[]) {
    super(firstOf(mistakes, MOST_MISTAKES).join('\n'))
    this.name = 'GatewayFileError'
  }
}
