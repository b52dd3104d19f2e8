import { askDaemon } from '../daemon/control.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { openProject } from './project.ts'

export const redeploy: Command = {
  name: 'redeploy',
  takes: 'NAME',
  summary: 'Starts an app anew beside the one that runs, and switches over when it is healthy',
  about: 'For when what it is made of has changed. A change in agent.yaml does the same by itself.',
  async run(input, terminal) {
    const [name = ''] = input.words
    const { folder } = await openProject(input)
    const answer = await askDaemon<{ redeployed: boolean }>(
      folder.socket,
      `redeploy/${encodeURIComponent(name)}`,
      input.signal,
    )
    if (!answer)
      throw new CommandError('No agent runs here: cloudlunacy-agent up starts it', { exitCode: EXIT.notRunning })
    if (!answer.redeployed) throw new CommandError(`agent.yaml has no app "${name}" that the agent runs itself`)
    terminal.answer(answer)
    terminal.say(`${name} starts anew; cloudlunacy-agent status tells how it goes`)
    return EXIT.done
  },
}
