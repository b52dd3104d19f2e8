import { z } from 'zod'
import { LABEL } from '../host-label.ts'

const MOST_DOMAINS = 20
/** The last label is no number, and so the whole is no address. */
const NAME = String.raw`^(?:${LABEL}\.)+(?=[a-z])${LABEL}$`
/** What is set in front of it to prove it must fit a name of DNS too. */
const LONGEST = 253 - '_cloudlunacy.'.length

const DomainName = z
  .string()
  .max(LONGEST, `must have at most ${LONGEST} characters`)
  .regex(new RegExp(NAME), 'must be a host name such as www.example.org, in lower case, without a port')

/** Further hosts of the route. What may be one of them is decided where the front's own names are known. */
export const Domains = z
  .array(DomainName)
  .max(MOST_DOMAINS, `must have at most ${MOST_DOMAINS} of them`)
  .refine((names) => new Set(names).size === names.length, 'must have each of them once')
  .meta({
    description:
      'Domains of the agent’s own at which the route answers too, each once it is proved: the route’s `verification` says how. One that is left out is given up',
    example: ['www.example.org'],
  })
