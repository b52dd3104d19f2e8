import { z } from 'zod'
import { IpAddress } from '../../shared/domain/agent.ts'
import { isAddress } from '../../shared/domain/target-host.ts'

const Url = z
  .string()
  .max(300, 'must have at most 300 characters')
  .transform((text, context) => {
    const url = URL.parse(text)
    const problem = problemOf(url)
    if (url && problem === null) return url.origin
    context.addIssue(problem ?? '')
    return z.NEVER
  })

function problemOf(url: URL | null): string | null {
  if (!url || !/^https?:$/.test(url.protocol)) return 'must be the URL of the front: https://front.example.com'
  if (url.username !== '' || url.password !== '') return 'must not have a user'
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return 'must end after the host and the port'
  if (url.protocol === 'https:' || isThisMachine(url.hostname)) return null
  return 'must be https:// : the agent’s key would travel in the open'
}

const isThisMachine = (hostname: string) =>
  hostname === 'localhost' || hostname === '[::1]' || (isAddress(hostname) && hostname.startsWith('127.'))

const Trust = z.enum(['pinned', 'system'], 'must be pinned or system').default('pinned')
const Front = z.strictObject({
  url: Url,
  /** Connected to instead of what the name of the URL stands for. */
  address: IpAddress.optional(),
  /** pinned: the front's own CA alone, as `init` has seen it. system: those that everybody trusts. */
  trust: Trust,
})

/** Where the front's API is, and whom to believe there. */
export const FrontPlace = z
  .union([Url, Front], 'must be a URL, or an object with url')
  .transform((front): z.output<typeof Front> => (typeof front === 'string' ? { url: front, trust: 'pinned' } : front))
