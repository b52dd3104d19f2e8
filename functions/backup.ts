import { createRoute, z } from '@hono/zod-openapi'
import { Head } from '../shared/backup/head.ts'
import { Passphrase } from '../shared/backup/passphrase.ts'
import { scanBody } from '../shared/backup/scan-body.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { answer, json } from './answer.ts'
import type { App } from './app-env.ts'
import type { Deps } from './deps.ts'
import { invalidInput } from './errors.ts'
import { body, ok } from './schemas.ts'
import { textChunks } from './text-chunks.ts'

const Parts = z.array(z.string()).openapi({ description: 'Encrypted; each has its place' })
const Document = z
  .strictObject({ ...Head.shape, parts: Parts })
  .openapi('ExportedDocument', { description: 'Keep it as it is: what is altered is not taken back' })
const Exporting = z.strictObject({ passphrase: Passphrase }).openapi('Exporting')
const Importing = z.strictObject({ passphrase: z.string().max(512), document: Document }).openapi('Importing')
const Imported = z
  .strictObject({
    success: z.literal(true),
    message: z.string(),
    agents: z.int(),
    routes: z.int(),
  })
  .openapi('Imported')

/** Everything that was accepted, out of one front and into another. */
export function backupRoutes(app: App, { backup, ownTokens, access, clientAddress, version }: Deps): void {
  const exporting = createRoute({
    ...access('administrators'),
    method: 'post',
    path: '/api/export',
    tags: ['Backup'],
    summary: 'Everything that was accepted, as one document that only the passphrase opens',
    request: body(Exporting),
    responses: { 200: ok('The document', Document), ...guardedFailures('INVALID_INPUT') },
  })
  app.openapi(exporting, async (c) => {
    const pieces = await backup.export(c.req.valid('json').passphrase, actorOf(c, clientAddress(c)))
    const name = `attachment; filename="front-${version}.json"`
    return answer(c, streamOf(pieces), 200, 'application/json', { 'content-disposition': name }) as never
  })

  const importing = createRoute({
    ...access('administrators'),
    method: 'post',
    path: '/api/import',
    tags: ['Backup'],
    summary: 'An exported document into a front without agents and routes, all of it or nothing',
    description: 'The body is taken as it comes: the passphrase first, then the document as it was exported.',
    // Not a schema of zod's: nobody shall read the body before the handler does.
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Importing' } } },
      },
    },
    responses: {
      200: ok('All of it is there', Imported),
      ...guardedFailures(
        ...(['INVALID_INPUT', 'MALFORMED_JSON', 'NOT_EMPTY', 'IMPORT_RUNNING'] as const),
        ...(['WRONG_PASSPHRASE', 'DOCUMENT_DAMAGED', 'DOCUMENT_REFUSED'] as const),
      ),
    },
  })
  app.openAPIRegistry.register('Importing', Importing)
  app.openapi(importing, async (c) => {
    const { head, parts } = await scanBody(textChunks(c))
    const { passphrase, document } = parsed(head)
    const token = c.req.header('authorization')?.replace(/^Bearer +/i, '') ?? ''
    const opened = { head: document, passphrase, parts }
    const counts = await backup.import(opened, actorOf(c, clientAddress(c)), [token, ...ownTokens()])
    const message = `All of it is here: agents ${counts.agents}, routes ${counts.routes}`
    return json(c, { success: true as const, message, ...counts }, 200)
  })
}

function parsed(head: unknown) {
  const result = Importing.safeParse(head)
  if (!result.success) throw invalidInput(result.error.issues, 'json')
  const { passphrase, document } = result.data
  const { parts: _, ...rest } = document
  return { passphrase, document: rest }
}

/** Made as it is taken; whoever stops taking it ends it. */
function streamOf(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await pieces.return(undefined)
    },
  })
}
