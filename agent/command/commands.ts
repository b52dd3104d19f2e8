import type { Command } from './command.ts'

/** In the order of `--help`. */
export const COMMANDS: Command[] = []
