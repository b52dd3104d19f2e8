import { IpAddress } from '../../shared/domain/agent.ts'
import { isFingerprint, type ShownAuthority, showAuthorities } from '../client/front-authorities.ts'
import { FrontError, isPassing } from '../client/front-error.ts'
import { FrontPlace } from '../config/front-place.ts'
import { CommandError, EXIT, type Input } from './command.ts'
import { parsedAs } from './parsed-as.ts'
import type { Terminal } from './terminal.ts'

export interface FoundFront {
  url: string
  address: string | undefined
  trust: 'pinned' | 'system'
  /** The CA that is believed from now on; `null`: those that everybody trusts. */
  ca: string | null
}

/** The front, and proof that it is the right one. */
export async function findFront(input: Input, terminal: Terminal): Promise<FoundFront> {
  const written = input.text('front') ?? (await asked(terminal))
  const trust = trustOf(input.text('trust') ?? 'pinned')
  const { url } = parsedAs(FrontPlace, '--front', written)
  const given = input.text('front-address')
  const address = given === undefined ? undefined : parsedAs(IpAddress, '--front-address', given)
  const shown = await terminal.during('Looking at the front', shownBy(url, address, input.signal))
  const signer = signing(shown, url)
  const ca = trust === 'system' ? null : (await proved(shown, signer, url, input, terminal)).cert
  return { url, address, trust, ca }
}

function asked(terminal: Terminal): Promise<string> {
  if (terminal.interactive) return terminal.ask('The front’s URL')
  throw new CommandError('--front is missing: the URL of the front’s API', { exitCode: EXIT.misused })
}

function trustOf(text: string): 'pinned' | 'system' {
  if (text === 'pinned' || text === 'system') return text
  throw new CommandError('--trust must be pinned or system', { exitCode: EXIT.misused })
}

async function shownBy(url: string, address: string | undefined, signal: AbortSignal): Promise<ShownAuthority[]> {
  try {
    return await showAuthorities({ url, address, signal })
  } catch (error) {
    if (!(error instanceof FrontError)) throw error
    throw new CommandError(`${error.message}\n${hintFor(error)}`)
  }
}

function hintFor(error: FrontError): string {
  if (error.code === 'UNREACHABLE') return 'Is the URL right, and the port open?'
  return isPassing(error) ? 'Try again when it does' : 'Is this the URL of a front?'
}

const signing = (shown: ShownAuthority[], url: string): ShownAuthority => {
  const authority = shown.find(({ isSigning }) => isSigning)
  if (authority) return authority
  throw new CommandError(`What answers at ${url} shows no CA: is it a front?`)
}

async function proved(
  shown: ShownAuthority[],
  authority: ShownAuthority,
  url: string,
  input: Input,
  terminal: Terminal,
): Promise<ShownAuthority> {
  const given = input.text('ca-fingerprint')
  if (given !== undefined) {
    const fitting = shown.find(({ fingerprint }) => isFingerprint(given, fingerprint))
    if (fitting) return fitting
    throw new CommandError(
      `The CA of ${url} is another one: it has the fingerprint\n  ${authority.fingerprint}\nEither the front has a new CA, or this is not your front. Ask its administrator`,
    )
  }
  // Nobody else is on the way.
  if (url.startsWith('http:')) return authority
  const shownOnce = `The CA of this front has the fingerprint (SHA-256)\n  ${authority.fingerprint}`
  if (!terminal.interactive)
    throw new CommandError(`${shownOnce}\nWhere its administrator tells the same, give it as --ca-fingerprint`, {
      exitCode: EXIT.misused,
    })
  terminal.note(shownOnce)
  if (await terminal.confirm('Is it what its administrator told you?')) return authority
  throw new CommandError('Nothing was done')
}
