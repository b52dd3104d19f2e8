import { rm, rmdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AgentId, AgentName, IpAddress } from '../../shared/domain/agent.ts'
import { Port } from '../../shared/domain/target-host.ts'
import { writeAuthorities } from '../certificates/files.ts'
import { createFrontClient } from '../client/front-client.ts'
import { FrontError } from '../client/front-error.ts'
import { newAgentKey } from '../client/new-agent-key.ts'
import { createPinnedFetch } from '../client/pinned-fetch.ts'
import { type Folder, folderAt } from '../config/folder.ts'
import { DEFAULT_FOLDER } from '../config/settings.ts'
import { ownFolder, readIfThere, writeWhole } from '../daemon/files.ts'
import { type Command, CommandError, EXIT, type Input } from './command.ts'
import { findFront } from './find-front.ts'
import { guessAddress, guessAgentId } from './guesses.ts'
import { initialText } from './initial-text.ts'
import { parsedAs } from './parsed-as.ts'
import { settingsPath } from './project.ts'
import type { Terminal } from './terminal.ts'

const TOKEN_VARIABLE = 'ENROLLMENT_TOKEN'

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
    force: { about: 'Replaces an agent.yaml that is there' },
  },
  about: 'What is not given is asked for, where somebody is there to be asked.',
  async run(input, terminal) {
    const file = settingsPath(input)
    await assertMayWrite(file, input, terminal)
    const front = await findFront(input, terminal)
    const agent = parsedAs(
      AgentId,
      '--agent',
      await given(input, terminal, 'agent', 'The name of this agent', guessAgentId()),
    )
    const guessed = await guessAddress(front)
    const address = parsedAs(
      IpAddress,
      '--address',
      await given(input, terminal, 'address', 'Where the front reaches this machine', guessed),
    )
    const port = parsedAs(Port, '--ingress-port', Number(input.text('ingress-port') ?? 8444))
    const name = input.text('name')
    if (name !== undefined) parsedAs(AgentName, '--name', name)

    const folder = folderAt(resolve(file, '..', DEFAULT_FOLDER))
    const known = await readIfThere(folder.key)
    const agentKey = known?.trim() ?? newAgentKey()
    const { fetch, close } = createPinnedFetch({
      ca: front.trust === 'system' ? null : front.ca,
      address: front.address,
    })
    const client = createFrontClient({ url: front.url, agentId: agent, agentKey, fetch })
    try {
      await ownFolder(folder.path)
      // Before the front knows it: a name whose key is lost cannot be had again.
      await writeWhole(folder.key, `${agentKey}\n`)
      const registering = register(client, { targetIp: address, agentName: name }, input, terminal)
      const { ca, appsDomain } = await registering.catch(async (error) => {
        if (known === null && !mayBeRegistered(error)) await forget(folder)
        throw error
      })
      await writeAuthorities(folder.certificates, ca)
      await writeWhole(file, initialText({ agent, name, front, address, port }))
      terminal.answer({ agent, file, folder: folder.path, appsDomain })
      for (const line of nextSteps(agent, file, appsDomain, terminal)) terminal.say(line)
      return EXIT.done
    } finally {
      close()
    }
  },
}

async function assertMayWrite(file: string, input: Input, terminal: Terminal): Promise<void> {
  if (input.has('force') || (await readIfThere(file)) === null) return
  if (terminal.interactive && (await terminal.confirm(`There is ${file} already: replace it?`))) return
  throw new CommandError(`There is ${file} already: --force replaces it, --config names another`)
}

async function given(
  input: Input,
  terminal: Terminal,
  name: string,
  question: string,
  fallback?: string,
): Promise<string> {
  const text = input.text(name)
  if (text !== undefined) return text
  if (terminal.interactive) return terminal.ask(question, fallback === undefined ? {} : { fallback })
  if (fallback !== undefined) return fallback
  throw new CommandError(`--${name} is missing`, { exitCode: EXIT.misused })
}

type Client = ReturnType<typeof createFrontClient>
type Registration = Pick<Parameters<Client['register']>[0], 'targetIp' | 'agentName'>

/** Without a token first: who registers again, or on the front's own machine, needs none. */
async function register(client: Client, registration: Registration, input: Input, terminal: Terminal) {
  const { signal, environment } = input
  const attempt = (enrollmentToken: string | undefined) =>
    terminal.during('Registering', client.register({ ...registration, enrollmentToken }, { signal }))
  const token = input.text('token') ?? environment[TOKEN_VARIABLE]
  try {
    return await attempt(token)
  } catch (error) {
    if (!(error instanceof FrontError)) throw error
    if (error.code !== 'UNAUTHORIZED' || token !== undefined || !terminal.interactive) throw inWords(error, token)
    return attempt(await terminal.ask('The enrolment token', { secret: true })).catch((again) => {
      throw inWords(again, '')
    })
  }
}

function inWords(error: unknown, token: string | undefined): unknown {
  if (!(error instanceof FrontError)) return error
  if (error.code === 'UNAUTHORIZED' && token === undefined)
    return new CommandError(
      `The front wants an enrolment token, which its administrator gives: set ${TOKEN_VARIABLE} or --token`,
      { cause: error },
    )
  const sentence = error.code === 'AGENT_EXISTS' ? `${error.message}: another machine has this name` : error.message
  return new CommandError([sentence, ...error.details].join('\n  '), { cause: error })
}

/** The front may have taken it, and only its answer was lost: the key is needed for the next attempt. */
const mayBeRegistered = (error: unknown): boolean =>
  !(error instanceof CommandError) || (error.cause instanceof FrontError && error.cause.code === 'UNREACHABLE')

/** Nothing has come of it: the folder goes too, unless it holds something else. */
async function forget(folder: Folder): Promise<void> {
  await rm(folder.key, { force: true })
  await rmdir(folder.path).catch(() => undefined)
}

const nextSteps = (agent: string, file: string, appsDomain: string, { paint }: Terminal) => [
  `${paint('green', '✓')} ${agent} is registered; ${file} is written`,
  '',
  'Now name what this machine serves, and serve it:',
  '',
  `  cloudlunacy-agent routes add hello 3000     ${paint('dim', `http://127.0.0.1:3000 at hello.${appsDomain}`)}`,
  '  cloudlunacy-agent up',
]
