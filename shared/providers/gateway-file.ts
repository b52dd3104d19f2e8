import { z } from 'zod'
import { BY_HAND } from '../backends/backends.ts'
import { Backend, type BackendInput } from '../domain/backend.ts'
import { whole } from '../domain/options/whole.ts'
import { plainJson } from '../lib/plain-json.ts'
import { placeOf, sentencesOf } from '../lib/problems.ts'
import { textHash } from '../lib/text-hash.ts'
import { concealing, type Log } from '../log/log.ts'
import { CHANNEL_SIZE } from './channel.ts'
import { expandEnvironment } from './environment-names.ts'
import { parseGatewayDocument } from './gateway-document.ts'
import { GatewayFileError } from './gateway-file-error.ts'
import type { Kinds } from './kind.ts'
import type { BackendProvider } from './provider.ts'
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
  /** Where in the file it is. */
  path: PropertyKey[]
  /** What the sentence is about, where that is something else. */
  shown?: PropertyKey[]
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
  const parsed = GatewayFile.safeParse(value ?? {})
  if (!parsed.success) mistakes.push(...mistakesOf(parsed.error))
  const backends = listIn(value, 'backends') as BackendInput[]
  mistakes.push(...namedTwice(backends))
  const configured = Object.entries(objectIn(value, 'providers')).map(([name, { kind, ...options }]) => {
    const found = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    const at = ['providers', name]
    const result = found?.options.safeParse(options)
    if (kind !== undefined && !found)
      mistakes.push({ path: [...at, 'kind'], sentence: `must be one of ${Object.keys(kinds).join(', ')}` })
    if (result && !result.success) mistakes.push(...mistakesOf(result.error, at))
    const literal = result?.success ? (found?.secrets?.(result.data as never) ?? []) : []
    const hidden = [...literal.filter((secret) => typeof secret === 'string'), ...secrets]
    const parts = { name, log: concealing(log, hidden) }
    const open = () => found?.open(result?.data as never, parts) as BackendProvider
    return { name, kind, print: textHash(plainJson(options)), secrets: hidden, open }
  })
  if (!parsed.success || mistakes.length > 0) {
    // What a text comes to without its name is no mistake of its own.
    const incomplete = new Set(missing.map(({ path }) => placeOf(path)))
    const own = mistakes.filter((each, i) => i < missing.length || !incomplete.has(placeOf(each.path)))
    const lines = own.map((each) => ({ line: document.lineOf(each.path), each }))
    throw new GatewayFileError(lines.sort((a, b) => a.line - b.line).map(({ line, each }) => told(each, line)))
  }
  return { channelSize: parsed.data.channelSize, providers: [...inline(backends), ...configured] }
}

/** Whatever the whole is worth: so that all that is wrong is said at once. */
const listIn = (value: unknown, name: string): unknown[] => {
  const found = (value as Record<string, unknown> | null)?.[name]
  return Array.isArray(found) ? found : []
}
function objectIn(value: unknown, name: string): Record<string, { kind: string }> {
  const found = (value as Record<string, unknown> | null)?.[name]
  const entries = typeof found === 'object' && found !== null ? Object.entries(found) : []
  return Object.fromEntries(entries.filter(([, each]) => typeof each === 'object' && each !== null))
}

const mistakesOf = ({ issues }: z.core.$ZodError, at: readonly PropertyKey[] = []): Mistake[] =>
  issues.flatMap((issue) =>
    sentencesOf([issue]).map(({ sentence }) => {
      const path = [...at, ...issue.path]
      return {
        path,
        sentence,
        ...(issue.code === 'unrecognized_keys' && { shown: path, path: [...path, ...issue.keys.slice(0, 1)] }),
      }
    }),
  )

/** As they were written: each is parsed once more where all providers' are. */
function inline(backends: BackendInput[]): ConfiguredProvider[] {
  if (backends.length === 0) return []
  return [
    { name: INLINE, kind: INLINE, print: textHash(plainJson(backends)), open: () => createSimpleProvider(backends) },
  ]
}

function namedTwice(backends: readonly (BackendInput | null)[]): Mistake[] {
  const names = backends.map((each) => each?.name)
  return names.flatMap((name, i) =>
    names.indexOf(name) === i
      ? []
      : [{ path: ['backends', i, 'name'], sentence: 'is the name of another backend above' }],
  )
}

const told = ({ path, shown = path, sentence }: Mistake, line: number): string =>
  `line ${line}: ${`${placeOf(shown)} ${sentence}`.trim()}`
