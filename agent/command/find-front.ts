import { IpAddress } from '../../shared/domain/agent.ts'
import { plainFingerprint, type ShownAuthority, showAuthorities } from '../client/front-authorities.ts'
import { FrontError, isPassing } from '../client/front-error.ts'
import { FrontPlace } from '../config/front-place.ts'
import { CommandError, EXIT, type Input } from './command.ts'
import { givenOrAsked, parsedAs, untilRight, WrongAnswer } from './parsed-as.ts'
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
  const trust = trustOf(input.text('trust') ?? 'pinned')
  const fingerprint = fingerprintOf(input.text('ca-fingerprint'))
  const given = input.text('front-address')
  const address = given === undefined ? undefined : parsedAs(IpAddress, '--front-address', given)
  let written = input.text('front')
  const { url, shown } = await untilRight(terminal, async (isFirst) => {
    const question = { option: 'front', question: 'The URL of the front’s API', schema: FrontPlace }
    const again = { text: () => (isFirst ? written : undefined) }
    const place = await givenOrAsked({ ...question, fallback: isFirst ? undefined : written }, again, terminal)
    written = place.url
    const looking = shownBy(place.url, address, input.signal)
    return { url: place.url, shown: await terminal.during('Looking at the front', looking) }
  })
  const ca = trust === 'system' ? null : (await proved(shown, url, fingerprint, terminal)).cert
  return { url, address, trust, ca }
}

function trustOf(text: string): 'pinned' | 'system' {
  if (text === 'pinned' || text === 'system') return text
  throw new CommandError('--trust must be pinned or system', { exitCode: EXIT.misused })
}

function fingerprintOf(text: string | undefined): string | undefined {
  const plain = text === undefined ? undefined : plainFingerprint(text)
  if (plain !== null) return plain
  throw new CommandError('--ca-fingerprint must be a SHA-256: 32 times two hexadecimal digits', {
    exitCode: EXIT.misused,
  })
}

/** What shows a CA that signs, at least. */
async function shownBy(url: string, address: string | undefined, signal: AbortSignal): Promise<ShownAuthority[]> {
  try {
    const shown = await showAuthorities({ url, address, signal })
    if (shown.some(({ isSigning }) => isSigning)) return shown
    throw new WrongAnswer(`What answers at ${url} shows no CA: is it a front?`)
  } catch (error) {
    if (!(error instanceof FrontError)) throw error
    throw new WrongAnswer(`${error.message}\n${hintFor(error)}`)
  }
}

function hintFor(error: FrontError): string {
  if (error.code === 'UNREACHABLE') return 'Is the URL right, and the port open?'
  return isPassing(error) ? 'Try again when it does' : 'Is this the URL of a front?'
}

async function proved(
  shown: ShownAuthority[],
  url: string,
  fingerprint: string | undefined,
  terminal: Terminal,
): Promise<ShownAuthority> {
  const signer = shown.find(({ isSigning }) => isSigning) as ShownAuthority
  if (fingerprint !== undefined) {
    const fitting = shown.find((each) => plainFingerprint(each.fingerprint) === fingerprint)
    // In the days before a new CA signs, the newest one is not yet behind what the front shows.
    if (fitting && !fitting.isSigning)
      terminal.note(`By what ${url} says, this CA does not sign now: if it proves nothing, ask for the one that does`)
    if (fitting) return fitting
    throw new CommandError(
      `The CA of ${url} is another one: it has the fingerprint\n  ${signer.fingerprint}\nEither the front has a new CA, or this is not your front. Ask its administrator`,
    )
  }
  // Nobody else is on the way.
  if (url.startsWith('http:')) return signer
  const shownOnce = `The CA of this front has the fingerprint (SHA-256)\n  ${signer.fingerprint}`
  if (!terminal.interactive)
    throw new CommandError(`${shownOnce}\nWhere its administrator tells the same, give it as --ca-fingerprint`, {
      exitCode: EXIT.misused,
    })
  terminal.note(`${shownOnce}\nIts administrator sees it when the front starts, as "CA".`)
  if (await terminal.confirm('Is it the same there?')) return signer
  throw new CommandError('Nothing was done')
}
