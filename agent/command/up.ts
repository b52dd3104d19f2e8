import { createLog, LEVELS, type Level } from '../../shared/log/log.ts'
import { runDaemon } from '../daemon/daemon.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { dryRun } from './dry-run.ts'
import { giveMemoryBack } from './give-memory-back.ts'
import { settingsPath } from './project.ts'
import { VERSION } from './version.ts'

export const up: Command = {
  name: 'up',
  summary: 'Serves what agent.yaml names, and keeps it so, until it is stopped',
  options: {
    'dry-run': { about: 'Says what would be done at the front, and does nothing' },
    'log-level': { value: 'LEVEL', about: 'debug, info (if not given), warn, error' },
  },
  about: [
    'A change of agent.yaml is applied at once. While the front is away, everything is served on; what has to',
    'be told to it is told when it is back. Logs go to the standard output: one line each on a terminal, JSON otherwise.',
  ].join('\n'),
  async run(input, terminal) {
    if (input.has('dry-run')) return dryRun(input, terminal)
    const level = input.text('log-level') ?? 'info'
    if (!isLevel(level)) throw new CommandError(`--log-level must be ${LEVELS.join(', ')}`, { exitCode: EXIT.misused })
    const format = terminal.interactive ? 'text' : 'json'
    const log = createLog({ level, format, write: (line) => process.stdout.write(line) })
    giveMemoryBack()
    // What is written is its owner's alone, whatever the shell's habits are.
    process.umask(0o077)
    process.on('unhandledRejection', (error) => log.error('Something went wrong unexpectedly', { error }))
    const started = () => log.info(`cloudlunacy-agent ${VERSION} runs`)
    await runDaemon({
      file: settingsPath(input),
      environment: input.environment,
      version: VERSION,
      log,
      signal: input.signal,
      started,
    })
    log.info('Stopped')
    return EXIT.done
  },
}

const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text)
