import { z } from '@hono/zod-openapi'
import { AgentId } from '../shared/domain/agent.ts'
import { HttpRouteFields, MongodbRouteFields, RemovalFields } from '../shared/domain/route-input.ts'
import { AppError } from '../shared/errors.ts'
import type { Principal } from '../shared/identity/principal.ts'
import { sentencesOf } from '../shared/lib/problems.ts'
import { sleep } from '../shared/lib/sleep.ts'
import type { Batch, Problem } from '../shared/routes/batch.ts'
import { invalidInput } from './errors.ts'
import { BodyCredentials } from './schemas.ts'

export const MOST_AT_ONCE = 10_000
const agentId = AgentId.optional().openapi({ description: 'The body’s own agentId if not given, or who asks' })
const tooMany = `must be at most ${MOST_AT_ONCE}`

const Upsert = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('http'), agentId, ...HttpRouteFields }),
    z.strictObject({ type: z.literal('mongodb'), agentId, ...MongodbRouteFields }),
  ],
  'must be an object whose type is http or mongodb',
)
const Removal = z.strictObject({ agentId, ...RemovalFields })
const Owner = { agentId, agentKey: BodyCredentials.agentKey }

/** What the document says. */
export const Bulk = z
  .strictObject({
    ...Owner,
    upsert: z.array(Upsert).max(MOST_AT_ONCE).default([]),
    remove: z
      .array(Removal)
      .max(MOST_AT_ONCE)
      .default([])
      .openapi({ description: 'Done before anything is put. What is not there needs no removing' }),
  })
  .openapi('Bulk')

/** What is looked at first; each entry by itself, so that whatever is wrong with any of them is told at once. */
const Envelope = z.strictObject({
  ...Owner,
  upsert: z.array(z.unknown()).max(MOST_AT_ONCE, tooMany).default([]),
  remove: z.array(z.unknown()).max(MOST_AT_ONCE, tooMany).default([]),
})

/** Others get their turn in between. */
const AT_ONCE = 250

type Owned<T> = T & { agentId: string }

/** Entries that are what they should be, with the places where they stood, and all that is wrong with the others. */
export async function parseBulk(body: unknown, principal: Principal): Promise<Batch & { wrong: Problem[] }> {
  const envelope = Envelope.safeParse(body)
  if (!envelope.success) throw invalidInput(envelope.error.issues, 'json')
  const { upsert, remove, agentId } = envelope.data
  const count = upsert.length + remove.length
  if (count === 0) throw new AppError('INVALID_INPUT', 'Nothing to do: send upsert or remove')
  if (count > MOST_AT_ONCE)
    throw new AppError('INVALID_INPUT', `At most ${MOST_AT_ONCE} at once, and these are ${count}`)
  const owner = agentId ?? (principal.kind === 'agent' ? principal.agentId : undefined)
  const [puts, removals] = [
    await entriesOf('upsert', upsert, Upsert, owner, principal),
    await entriesOf('remove', remove, Removal, owner, principal),
  ]
  return {
    upsert: puts.good,
    remove: removals.good,
    places: { upsert: puts.places, remove: removals.places },
    wrong: [...puts.wrong, ...removals.wrong],
  }
}

async function entriesOf<T extends { agentId?: string | undefined }>(
  list: 'upsert' | 'remove',
  entries: unknown[],
  schema: z.ZodType<T>,
  owner: string | undefined,
  principal: Principal,
) {
  const [good, places, wrong]: [Owned<T>[], number[], Problem[]] = [[], [], []]
  for (const [i, given] of entries.entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) await sleep(0)
    const parsed = schema.safeParse(given)
    const agentId = parsed.success ? (parsed.data.agentId ?? owner) : undefined
    const sentences = parsed.success ? ownerProblem(agentId, principal) : invalid(parsed.error)
    if (parsed.success && agentId !== undefined && sentences.length === 0) {
      good.push({ ...parsed.data, agentId })
      places.push(i)
    } else wrong.push(...sentences.map(({ field, error }) => ({ list, index: i, field, error })))
  }
  return { good, places, wrong }
}

const invalid = (error: z.ZodError) =>
  sentencesOf(error.issues).map(({ path, sentence }) => ({
    field: path,
    error: new AppError('INVALID_INPUT', sentence),
  }))

function ownerProblem(agentId: string | undefined, principal: Principal) {
  if (agentId === undefined) return [{ field: 'agentId', error: new AppError('INVALID_INPUT', 'is missing') }]
  if (principal.kind !== 'agent' || principal.agentId === agentId) return []
  return [{ field: 'agentId', error: new AppError('FORBIDDEN', 'This is for administrators and the agent itself') }]
}
