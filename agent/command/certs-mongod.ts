import { writeFile } from 'node:fs/promises'
import { readIfThere } from '../daemon/files.ts'
import { readableByMongod, tlsSection, withTlsSection } from '../mongod/tls-section.ts'
import { type Command, CommandError, EXIT } from './command.ts'
import { openProject } from './project.ts'

export const certsMongod: Command = {
  name: 'certs mongod',
  summary: 'What mongod.conf needs for the agent’s certificate; --write puts it there',
  options: {
    write: { value: 'FILE', about: 'The mongod.conf to change; all else in it stays as it is' },
    folder: { value: 'PATH', about: 'Where the files are for mongod; the agent’s own folder if not given' },
  },
  async run(input, terminal) {
    const { folder } = await openProject(input)
    const copies = input.text('folder')
    const own = folder.certificates
    const files = copies === undefined ? own : { ...own, ca: `${copies}/ca.pem`, mongodb: `${copies}/mongodb.pem` }
    const path = input.text('write')
    if (path === undefined) {
      terminal.answer({ section: tlsSection(files) })
      terminal.say(tlsSection(files))
      terminal.note(readableByMongod(own))
      return EXIT.done
    }
    const text = await readIfThere(path)
    if (text === null) throw new CommandError(`There is no ${path}`)
    const written = changed(text, files, path)
    // In its place: who may read it stays as it is.
    if (!written.same) await writeFile(path, written.text)
    terminal.answer({ path, changed: !written.same })
    terminal.say(written.same ? `${path} says all of it already` : `${path} is written: restart mongod once`)
    terminal.note(readableByMongod(own))
    return EXIT.done
  },
}

function changed(text: string, files: Parameters<typeof withTlsSection>[1], path: string) {
  try {
    return withTlsSection(text, files)
  } catch (error) {
    throw new CommandError(`${path} is not changed: ${error instanceof Error ? error.message : error}`)
  }
}
