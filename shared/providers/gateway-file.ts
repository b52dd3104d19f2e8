import { z } from 'zod'
import { BY_HAND } from '../backends/backends.ts'
import { Backend, type BackendInput } from '../domain/backend.ts'
import { whole } from '../domain/options/whole.ts'
import { plainJson } from '../lib/plain-json.ts'
import { placeOf, sentencesOf } from '../lib/problems.ts'
import { textHash } from '../lib/text-hash.ts'
import type { Log } from '../log/log.ts'
import { CHANNEL_SIZE } from './channel.ts'
import { expandEnvironment } from './environment-names.ts'
import { parseGatewayDocument } from './gateway-document.ts'
import { GatewayFileError } from './gateway-file-error.ts'
import type { Kinds, ProviderKind } from './kind.ts'
import type { ConfiguredProvider } from './running-provider.ts'
import { createSimpleProvider } from './simple-provider.ts'

/** The provider of the backends that stand in the file itself. */
const INLINE = 'inline'
const RESERVED = [BY_HAND, INLINE]
const MOST_BACKENDS = 10_000

/** What is named and left empty is as good as not named. */
const orEmpty = <S extends z.ZodType>(schema: S, empty: unknown) => z.preprocess((value) => value ?? empty, schema)

const ProviderName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be a name of lower-case letters, digits and hyphens, a letter first')
  .refine((name) => !RESERVED.includes(name), `must not be ${RESERVED.join(' or ')}: these are there already`)

const GatewayFile = z.strictObject({
  channelSize: whole(1, 10_000).default(CHANNEL_SIZE),
  backends: orEmpty(z.array(Backend).max(MOST_BACKENDS, `must have at most ${MOST_BACKENDS} of them`), []),
  providers: orEmpty(z.record(ProviderName, z.looseObject({ kind: z.string('is missing') })), {}),
})

export interface GatewaySettings {
  channelSize: number
  /** The file's own backends first, then the providers as they stand. */
  providers: ConfiguredProvider[]
}

export interface GatewayFileParts {
  kinds: Kinds
  env: { readonly [name: string]: string | undefined }
  log: Log
}

interface Mistake {
  path: PropertyKey[]
  sentence: string
}

/** Throws a GatewayFileError with all that is wrong. Values are not repeated: some are secrets. */
export function parseGatewayFile(text: string, { kinds, env, log }: GatewayFileParts): GatewaySettings {
  // A file that is being written is empty first.
  if (text.trim() === '') throw new GatewayFileError(['It is empty: where there is no backend, write "backends: []"'])
  const document = parseGatewayDocument(text)
  const { value, secrets, missing } = expandEnvironment(document.value, env)
  const mistakes: Mistake[] = missing.map(({ path, name }) => ({
    path,
    sentence: `names \${${name}}, which the environment does not have`,
  }))
  const add = (issues: z.core.$ZodIssue[], at: PropertyKey[] = []) => {
    for (const issue of issues)
      for (const { sentence } of sentencesOf([issue])) mistakes.push({ path: [...at, ...issue.path], sentence })
  }
  const parsed = GatewayFile.safeParse(value ?? {})
  if (!parsed.success) add(parsed.error.issues)
  const { channelSize, backends, providers } = parsed.data ?? { channelSize: 0, backends: [], providers: {} }
  mistakes.push(...namedTwice(backends))

  const configured = Object.entries(providers).flatMap(([name, { kind, ...options }]): ConfiguredProvider[] => {
    const found = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (!found) {
      mistakes.push({ path: ['providers', name, 'kind'], sentence: `must be one of ${Object.keys(kinds).join(', ')}` })
      return []
    }
    const result = found.options.safeParse(options)
    if (!result.success) add(result.error.issues, ['providers', name])
    return result.success ? [fromKind(name, { kind, found, options: result.data, secrets, log })] : []
  })
  if (mistakes.length > 0) throw new GatewayFileError(mistakes.map((each) => told(each, document.lineOf(each.path))))
  return { channelSize, providers: [...inline(backends.length, value), ...configured] }
}

function fromKind(
  name: string,
  made: { kind: string; found: ProviderKind; options: unknown; secrets: string[]; log: Log },
): ConfiguredProvider {
  const { kind, found, options, secrets, log } = made
  const print = textHash(plainJson(options))
  return { name, kind, print, secrets, open: () => found.open(options as never, { name, log }) }
}

/** As they were written: each is parsed once more where all providers' are. */
function inline(count: number, value: unknown): ConfiguredProvider[] {
  if (count === 0) return []
  const { backends } = value as { backends: BackendInput[] }
  return [
    { name: INLINE, kind: INLINE, print: textHash(plainJson(backends)), open: () => createSimpleProvider(backends) },
  ]
}

function namedTwice(backends: readonly Backend[]): Mistake[] {
  const names = backends.map(({ name }) => name)
  return names.flatMap((name, i) =>
    names.indexOf(name) === i
      ? []
      : [{ path: ['backends', i, 'name'], sentence: 'is the name of another backend above' }],
  )
}

const told = ({ path, sentence }: Mistake, line: number): string =>
  `line ${line}: ${`${placeOf(path)} ${sentence}`.trim()}`
