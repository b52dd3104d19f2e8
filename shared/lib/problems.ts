import { z } from 'zod'

type Issue = z.core.$ZodIssue

const KINDS: Record<string, string> = {
  string: 'text, in quotes',
  number: 'a number, without quotes',
  int: 'a whole number, without quotes',
  boolean: 'true or false, without quotes',
  object: 'an object: {…}',
  record: 'an object: {…}',
  array: 'a list: […]',
}

/** What a schema says that has no words of its own. */
function words(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? MISSING : `must be ${KINDS[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return issue.input === undefined ? MISSING : `must be ${issue.values.map(String).join(' or ')}`
    case 'too_small':
      return `must ${sized(issue.origin, 'at least', Number(issue.minimum))}`
    case 'too_big':
      return `must ${sized(issue.origin, 'at most', Number(issue.maximum))}`
    case 'invalid_union':
      return 'discriminator' in issue && issue.discriminator ? 'is missing, or none of those that there are' : undefined
    default:
      return undefined
  }
}

function sized(origin: string, most: string, count: number): string {
  if (origin === 'string') return `have ${most} ${count} characters`
  return origin === 'array' ? `have ${most} ${count} of them` : `be ${most} ${count}`
}

z.config({ customError: words })

export interface Problem {
  /** The place in what was parsed: `routes[2].subdomain`. */
  path: string
  /** The same, step by step. */
  steps: PropertyKey[]
  sentence: string
}

/** Each thing that is wrong. */
export const sentencesOf = (issues: Issue[]): Problem[] =>
  issues
    .flatMap(meant)
    .map((issue) => ({ path: placeOf(issue.path), steps: stepsTo(issue), sentence: sentence(issue) }))

/** Where one of several forms is plainly meant, what is wrong with that one. */
function meant(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const { errors: forms } = issue
  if (forms.length > 0 && forms.flat().every(isMissing)) return [{ ...issue, message: MISSING }]
  const form = onlyOne(forms.filter(isMeantByItsInside)) ?? onlyOne(forms.filter(isOfTheRightType))
  if (!form) return [issue]
  return form.flatMap((inner) => meant({ ...inner, path: [...issue.path, ...inner.path] } as Issue))
}

const onlyOne = (forms: Issue[][]): Issue[] | undefined => (forms.length === 1 ? forms[0] : undefined)
const isMeantByItsInside = (errors: Issue[]): boolean => errors.length > 0 && errors.every(isInside)
const isOfTheRightType = (errors: Issue[]): boolean =>
  errors.length > 0 && !errors.some(({ code, path }) => path.length === 0 && WRONG_TYPE.includes(code))
const isMissing = ({ message, path }: Issue): boolean => path.length === 0 && message === MISSING

const WRONG_TYPE = ['invalid_type', 'invalid_value', 'invalid_union']
const MISSING = 'is missing'

/** To a field that nobody knows, too. */
const stepsTo = (issue: Issue): PropertyKey[] =>
  issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path

const isInside = ({ code, path }: Issue): boolean => path.length > 0 || code === 'unrecognized_keys'

/** Such as `routes[2].subdomain`. */
export const placeOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? String(step) : `${text}.${String(step)}`
  }, '')

function sentence(issue: Issue): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`
  return (issue.code === 'invalid_key' && issue.issues[0]?.message) || issue.message
}
