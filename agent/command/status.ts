import { askDaemon } from '../daemon/control.ts'
import type { Status } from '../daemon/status.ts'
import { type Command, EXIT } from './command.ts'
import { openFolder, openProject } from './project.ts'
import { statusLines } from './status-lines.ts'

export const status: Command = {
  name: 'status',
  summary: 'How the running agent is: front, certificate, routes, apps, databases',
  about: 'Exit code: 0 all is well, 1 something is not, 3 no agent runs.',
  async run(input, terminal) {
    const folder = await openFolder(input)
    const told = await askDaemon<Status>(folder.socket, 'status', input.signal)
    if (!told) {
      await openProject(input)
      terminal.say('No agent runs here: cloudlunacy-agent up starts it')
      terminal.answer({ running: false })
      return EXIT.notRunning
    }
    const { lines, isWell } = statusLines(told, terminal.paint, Date.now())
    for (const line of lines) terminal.say(line)
    terminal.answer({ running: true, ...told })
    return isWell ? EXIT.done : EXIT.failed
  },
}
