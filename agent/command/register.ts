import { rm, rmdir } from 'node:fs/promises'
import { AgentId } from '../../shared/domain/agent.ts'
import { createFrontClient, type FrontClient } from '../client/front-client.ts'
import { FrontError } from '../client/front-error.ts'
import { newAgentKey } from '../client/new-agent-key.ts'
import { createPinnedFetch } from '../client/pinned-fetch.ts'
import type { Folder } from '../config/folder.ts'
import { ownFolder, readIfThere, writeWhole } from '../daemon/files.ts'
import { CommandError, type Input } from './command.ts'
import type { FoundFront } from './find-front.ts'
import { guessAgentId } from './guesses.ts'
import { givenOrAsked, untilRight, WrongAnswer } from './parsed-as.ts'
import type { Terminal } from './terminal.ts'

export const TOKEN_VARIABLE = 'ENROLLMENT_TOKEN'

interface Registration {
  front: FoundFront
  /** Where the key is kept. */
  folder: Folder
  /** Where the front reaches the agent. */
  address: string
  name: string | undefined
}

/** Under a name that the front takes: in a terminal another one is asked for where somebody has it. */
export async function register({ front, folder, address, name }: Registration, input: Input, terminal: Terminal) {
  const { fetch, close } = createPinnedFetch({ ca: front.ca, address: front.address })
  const token: Token = { text: input.text('token') ?? input.environment[TOKEN_VARIABLE] }
  try {
    return await untilRight(terminal, async (isFirst) => {
      const given = { text: (option: string) => (isFirst ? input.text(option) : undefined) }
      const question = { option: 'agent', question: 'The name of this agent', schema: AgentId }
      const agent = await givenOrAsked({ ...question, fallback: guessAgentId() }, given, terminal)
      const { agentKey, discard } = await keyIn(folder)
      const client = createFrontClient({ url: front.url, agentId: agent, agentKey, fetch })
      try {
        const { ca, appsDomain, mongodbDomain } = await enroll(
          client,
          { targetIp: address, agentName: name },
          token,
          input.signal,
          terminal,
        )
        return { agent, ca, domains: { apps: appsDomain, mongodb: mongodbDomain } }
      } catch (error) {
        if (!mayBeRegistered(error)) await discard()
        throw inWords(error)
      }
    })
  } finally {
    close()
  }
}

/** Kept before the front knows it: a name whose key is lost cannot be had again. */
async function keyIn(folder: Folder) {
  const known = await readIfThere(folder.key)
  const agentKey = known?.trim() ?? newAgentKey()
  await ownFolder(folder.path)
  await writeWhole(folder.key, `${agentKey}\n`)
  const discard = async () => {
    if (known !== null) return
    await rm(folder.key, { force: true })
    // Unless it holds something else.
    await rmdir(folder.path).catch(() => undefined)
  }
  return { agentKey, discard }
}

type Client = Pick<FrontClient, 'register'>
type Asked = Pick<Parameters<Client['register']>[0], 'targetIp' | 'agentName'>

/** As it was given, or asked for last; without one first: who registers again, or beside the front, needs none. */
interface Token {
  text: string | undefined
}

function enroll(client: Client, asked: Asked, token: Token, signal: AbortSignal, terminal: Terminal) {
  return untilRight(terminal, async (isFirst) => {
    if (!isFirst) token.text = await terminal.ask('The enrolment token', { secret: true })
    const registering = client.register({ ...asked, enrollmentToken: token.text }, { signal })
    return terminal.during('Registering', registering).catch((error) => {
      if (!(error instanceof FrontError) || !OF_THE_TOKEN.includes(error.code)) throw error
      throw new WrongAnswer(token.text === undefined ? tokenNeeded(terminal) : error.message, { cause: error })
    })
  })
}

const OF_THE_TOKEN: string[] = ['UNAUTHORIZED', 'FORBIDDEN']

const tokenNeeded = ({ interactive }: Terminal): string =>
  `The front wants an enrolment token, which its administrator gives${interactive ? '' : `: set ${TOKEN_VARIABLE} or --token`}`

/** The front may have taken it, and only its answer was lost: the key is needed for the next attempt. */
const mayBeRegistered = (error: unknown): boolean =>
  !(error instanceof CommandError || (error instanceof FrontError && error.code !== 'UNREACHABLE'))

function inWords(error: unknown): unknown {
  if (!(error instanceof FrontError)) return error
  if (error.code === 'AGENT_EXISTS') return new WrongAnswer(`${error.message}: another machine has this name`)
  return new CommandError([error.message, ...error.details].join('\n  '), { cause: error })
}
