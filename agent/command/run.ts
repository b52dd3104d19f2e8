import { parseArgs } from 'node:util'
import { COMMON, type Command, CommandError, EXIT, type ExitCode, type Input, parseOptions } from './command.ts'
import { createTerminal, type Streams } from './console-terminal.ts'
import { failureOf } from './failure.ts'
import { allUsage, usageOf } from './usage.ts'
import { VERSION } from './version.ts'

export interface Surroundings extends Streams {
  commands: Command[]
  environment: Input['environment']
  signal: AbortSignal
}

/** What was typed behind the program's name, done. */
export async function runCommand(typed: string[], surroundings: Surroundings): Promise<ExitCode> {
  const { commands, environment, signal, output, errors } = surroundings
  const command = namedIn(typed, commands)
  if (!command) return withoutCommand(typed, surroundings)
  const rest = typed.slice(command.name.split(' ').length)
  if (rest.includes('--help') || rest.includes('-h')) {
    output.write(usageOf(command))
    return EXIT.done
  }
  const terminal = createTerminal(surroundings, { json: rest.includes('--json'), environment })
  try {
    const { values, positionals: words } = parsed(rest, command)
    const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined)
    return await command.run({ words, text, has: (name) => values[name] === true, environment, signal }, terminal)
  } catch (error) {
    const failure = failureOf(error, signal)
    if (!failure) throw error
    if (terminal.json) output.write(`${JSON.stringify({ success: false, error: failure.sentence })}\n`)
    else errors.write(`${failure.sentence}\n`)
    return failure.exitCode
  }
}

/** The longest name that was typed: `routes add` before `routes`. */
function namedIn(typed: string[], commands: Command[]): Command | undefined {
  const fits = ({ name }: Command) => name.split(' ').every((word, i) => typed[i] === word)
  return commands.filter(fits).sort((one, other) => other.name.length - one.name.length)[0]
}

function withoutCommand([word]: string[], { commands, output, errors }: Surroundings): ExitCode {
  if (word === '--version' || word === '-v') {
    output.write(`${VERSION}\n`)
    return EXIT.done
  }
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    output.write(allUsage(commands))
    return EXIT.done
  }
  const family = commands.filter(({ name }) => name.startsWith(`${word} `))
  errors.write(
    family.length > 0
      ? `"${word}" needs one of: ${family.map(({ name }) => name.slice(word.length + 1)).join(', ')}\n`
      : `There is no command "${word}": cloudlunacy-agent --help lists them\n`,
  )
  return EXIT.misused
}

function parsed(args: string[], command: Command) {
  const options = parseOptions({ ...COMMON, ...command.options })
  try {
    const found = parseArgs({ args, options, allowPositionals: true, strict: true })
    assertWords(found.positionals, command)
    return found
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ')
    throw new CommandError(`${sentence}\nTry: cloudlunacy-agent ${command.name} --help`, { exitCode: EXIT.misused })
  }
}

function assertWords(words: string[], { takes = '' }: Command): void {
  const wanted = takes.split(' ').filter(Boolean)
  const missing = wanted.filter((word) => !word.startsWith('['))[words.length]
  if (missing !== undefined) throw new Error(`${missing} is missing`)
  const more = words[wanted.length]
  if (more !== undefined) throw new Error(`"${more}" is one too many`)
}
