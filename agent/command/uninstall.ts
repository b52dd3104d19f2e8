import { rm } from 'node:fs/promises'
import { relative } from 'node:path'
import { FrontError } from '../client/front-error.ts'
import { openFront } from '../daemon/agent-front.ts'
import { askDaemon } from '../daemon/control.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { openProject } from './project.ts'
import { removeOwnFiles } from './remove-own-files.ts'

export const uninstall: Command = {
  name: 'uninstall',
  summary: 'Gives the agent’s name up at the front, with its routes and certificates, and removes the files it made',
  options: {
    yes: { short: 'y', about: 'Does not ask' },
    'keep-front': { about: 'Leaves everything at the front as it is: only files are removed' },
  },
  async run(input, terminal) {
    const { file, settings, folder } = await openProject(input)
    const running = await askDaemon<{ pid: number }>(folder.socket, 'status', input.signal)
    if (running) throw new CommandError(`The agent runs, as process ${running.pid}: stop it first`)
    const [shownFile, shownFolder] = [file, folder.path].map((path) => relative('', path) || path)
    const files = `${shownFile} and the agent’s own files in ${shownFolder}`
    const all = input.has('keep-front') ? `Remove ${files}` : `Deregister ${settings.agent}, remove ${files}`
    if (!input.has('yes') && !(await terminal.confirm(`${all}?`))) throw new CommandError('Nothing was done')
    if (!input.has('keep-front')) {
      const front = await openFront(settings, folder)
      const leaving = front.client.deregister({ signal: input.signal, patienceMs: 5_000 }).catch(unlessGone)
      await terminal.during('Deregistering', leaving).finally(() => front.close())
      terminal.say(`${settings.agent} is deregistered, its routes and certificates are gone`)
    }
    // While agent.yaml is in it, a folder is nobody's to remove.
    const isEmptied = await removeOwnFiles(folder)
    await rm(file, { force: true })
    terminal.say(`${files} are removed`)
    if (!isEmptied) terminal.say(`${shownFolder} stays: it holds other files`)
    const removed = isEmptied ? [file, folder.path] : [file]
    terminal.answer({ removed, deregistered: !input.has('keep-front') })
    return EXIT.done
  },
}

/** Somebody else has removed it, or its key is not good any more. */
function unlessGone(error: unknown): void {
  if (!(error instanceof FrontError)) throw error
  if (error.code === 'INVALID_CREDENTIALS') return
  throw new CommandError(`${error.message}\nNothing was removed: try again later, or with --keep-front`, {
    cause: error,
  })
}
