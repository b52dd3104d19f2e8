import { constants, copyFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AgentName, IpAddress } from '../../shared/domain/agent.ts'
import { Port } from '../../shared/domain/target-host.ts'
import { writeAuthorities } from '../certificates/files.ts'
import { folderAt } from '../config/folder.ts'
import { DEFAULT_FOLDER } from '../config/settings.ts'
import { readIfThere, writeWhole } from '../daemon/files.ts'
import { openMemory } from '../daemon/memory.ts'
import { type Command, CommandError, EXIT, type Input } from './command.ts'
import { findFront } from './find-front.ts'
import { guessAddress } from './guesses.ts'
import { initialText } from './initial-text.ts'
import { givenOrAsked, parsedAs } from './parsed-as.ts'
import { settingsPath } from './project.ts'
import { register, TOKEN_VARIABLE } from './register.ts'
import type { Terminal } from './terminal.ts'

export const init: Command = {
  name: 'init',
  summary: 'Registers this machine at a front, and writes agent.yaml',
  options: {
    front: { value: 'URL', about: 'Of the front’s API: https://front.example.com' },
    'ca-fingerprint': { value: 'SHA256', about: 'Of the front’s CA, as its administrator told you' },
    trust: { value: 'WHOM', about: 'pinned (if not given): the front’s own CA; system: those that everybody trusts' },
    'front-address': { value: 'IP', about: 'Connects there, whatever the name of the URL stands for' },
    agent: { value: 'ID', about: 'The name of this agent, a part of its host names' },
    name: { value: 'TEXT', about: 'What people call it' },
    address: { value: 'IP', about: 'Where the front reaches this machine' },
    token: { value: 'TOKEN', about: `The enrolment token; better in ${TOKEN_VARIABLE} of the environment` },
    'ingress-port': { value: 'PORT', about: 'The one port that is open to the front; 8444 if not given' },
    force: { about: 'Replaces an agent.yaml that is there; the former one stays beside it' },
  },
  about: 'What is not given is asked for, where somebody is there to be asked.',
  async run(input, terminal) {
    const file = settingsPath(input)
    await assertMayWrite(file, input, terminal)
    const port = parsedAs(Port, '--ingress-port', Number(input.text('ingress-port') ?? 8444))
    const name = input.text('name')
    if (name !== undefined) parsedAs(AgentName, '--name', name)
    const front = await findFront(input, terminal)
    const question = { option: 'address', question: 'The IP address where the front reaches this machine' }
    const fallback = await guessAddress(front)
    const address = await givenOrAsked({ ...question, schema: IpAddress, fallback }, input, terminal)
    const folder = folderAt(resolve(file, '..', DEFAULT_FOLDER))
    const { agent, ca, domains } = await register({ front, folder, address, name }, input, terminal)
    await writeAuthorities(folder.certificates, ca)
    const memory = await openMemory(folder.state)
    await memory.learn(domains)
    const former = await copyAside(file)
    await writeWhole(file, initialText({ agent, name, front, address, port }))
    terminal.answer({ agent, file, former, folder: folder.path, appsDomain: domains.apps })
    for (const line of nextSteps({ agent, file, former, appsDomain: domains.apps }, terminal)) terminal.say(line)
    return EXIT.done
  },
}

async function assertMayWrite(file: string, input: Input, terminal: Terminal): Promise<void> {
  if (input.has('force') || (await readIfThere(file)) === null) return
  if (terminal.interactive && (await terminal.confirm(`There is ${file} already: replace it?`))) return
  throw new CommandError(`There is ${file} already: --force replaces it, --config names another`)
}

/** What it names is not lost: it can be taken over by hand. */
async function copyAside(file: string): Promise<string | null> {
  if ((await readIfThere(file)) === null) return null
  for (let number = 1; ; number++) {
    const former = `${file}.former${number === 1 ? '' : `-${number}`}`
    const isNew = await copyFile(file, former, constants.COPYFILE_EXCL).then(
      () => true,
      (error) => {
        if (error.code === 'EEXIST') return false
        throw error
      },
    )
    if (isNew) return former
  }
}

interface Done {
  agent: string
  file: string
  former: string | null
  appsDomain: string
}

const nextSteps = ({ agent, file, former, appsDomain }: Done, { paint }: Terminal) => [
  `${paint('green', '✓')} ${agent} is registered; ${file} is written`,
  ...(former === null ? [] : [`  What was there before is ${former}: its apps are not in the new one`]),
  '',
  'Now name what this machine serves, and serve it:',
  '',
  `  cloudlunacy-agent routes add hello 3000     ${paint('dim', `http://127.0.0.1:3000 at hello.${appsDomain}`)}`,
  '  cloudlunacy-agent up',
]
