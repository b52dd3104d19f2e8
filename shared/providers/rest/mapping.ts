import { z } from 'zod'
import { type Path, parsePath } from './path.ts'

const MAX_PATH = 200

export const PathText = z
  .string()
  .max(MAX_PATH, `must have at most ${MAX_PATH} characters`)
  .transform((text, context): Path => {
    const path = parsePath(text)
    if (path !== null) return path
    context.addIssue('must be a path such as $.services[*], data.items or tags[0]')
    return z.NEVER
  })

const Scalar = z.union([z.string(), z.number(), z.boolean()])
const Constant = z.union([Scalar, z.array(z.string()), z.record(z.string(), Scalar)])

/** Where a field comes from. */
export const Rule = z.union(
  [
    PathText.transform((path) => ({ path, words: undefined, default: undefined })),
    z.strictObject({
      path: PathText,
      words: z.record(z.string(), Scalar).optional().meta({ description: 'What a word there means here' }),
      default: Constant.optional().meta({ description: 'Where nothing stands there, or none of the words' }),
    }),
    z.strictObject({ value: Constant }),
  ],
  'must be a path, or an object with path (and words, default), or one with value',
)
export type Rule = z.infer<typeof Rule>

/** How the JSON of somebody else becomes backends. What is not named is left out. */
export const Mapping = z
  .strictObject({
    list: PathText.meta({ description: 'Where the records are', example: '$.services[*]' }),
    name: Rule,
    hosts: Rule.optional(),
    pathPrefixes: Rule.optional(),
    balance: Rule.optional(),
    redirectToHttps: Rule.optional(),
    hsts: Rule.optional(),
    default: Rule.optional(),
    servers: z.strictObject({
      list: PathText.optional().meta({
        description: 'In a record, its servers. Without it each record is one server, and those of one name a backend',
        example: 'instances[*]',
      }),
      name: Rule,
      address: Rule,
      port: Rule,
      weight: Rule.optional(),
      tls: Rule.optional(),
      tlsVerify: Rule.optional(),
      protocol: Rule.optional(),
      check: Rule.optional(),
      backup: Rule.optional(),
      state: Rule.optional(),
    }),
  })
  .meta({ id: 'RestMapping' })
export type Mapping = z.infer<typeof Mapping>
