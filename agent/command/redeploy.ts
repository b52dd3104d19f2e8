import { askDaemon } from '../daemon/control.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { openFolder, openProject } from './project.ts'

interface Redeployed {
  known: boolean
  problem: string | null
}

export const redeploy: Command = {
  name: 'redeploy',
  takes: 'NAME',
  summary: 'Starts an app anew beside the one that runs, and switches over when it is healthy',
  about: [
    'For when what it is made of has changed. A change in agent.yaml does the same by itself.',
    'Exit code: 0 the new version serves, 1 it does not, 3 no agent runs.',
  ].join('\n'),
  async run(input, terminal) {
    const [name = ''] = input.words
    const folder = await openFolder(input)
    const asking = askDaemon<Redeployed>(folder.socket, `redeploy/${encodeURIComponent(name)}`, input.signal)
    const answer = await terminal.during(`Starting ${name} anew`, asking)
    if (!answer) await openProject(input)
    if (!answer)
      throw new CommandError('No agent runs here: cloudlunacy-agent up starts it', { exitCode: EXIT.notRunning })
    const { known, problem } = answer
    if (!known) throw new CommandError(`agent.yaml has no app "${name}" that the agent runs itself`)
    if (problem !== null)
      throw new CommandError(
        `${name}: the new version does not serve: ${problem}\nWhat it says: cloudlunacy-agent logs ${name}`,
      )
    terminal.answer({ name, serves: true })
    terminal.say(`${name}: the new version serves`)
    return EXIT.done
  },
}
