import { createRoute, z } from '@hono/zod-openapi'
import type { Crl } from '../shared/certificates/crls.ts'
import { AppError } from '../shared/errors.ts'
import { toPem } from '../shared/pki/index.ts'
import { guardedFailures } from './access.ts'
import { actorOf } from './actor.ts'
import { answer, json } from './answer.ts'
import type { App } from './app-env.ts'
import { Authority, authorityAnswer } from './certificate-answers.ts'
import type { Deps } from './deps.ts'
import { failures } from './openapi.ts'
import { ok, onlyCredentials } from './schemas.ts'

const Authorities = z
  .strictObject({
    success: z.literal(true),
    ca: z.string().openapi({ description: 'All of them, as PEM' }),
    authorities: z.array(Authority),
  })
  .openapi('Authorities')
const Rotation = z
  .strictObject({ success: z.literal(true), message: z.string(), authority: Authority })
  .openapi('Rotation')

const PEM = 'application/x-pem-file'
const CRL = 'application/pkix-crl'
/** Shorter than anybody would notice; longer than a crowd needs to ask one by one. */
const CACHED = { 'cache-control': 'public, max-age=60' }

const file = (description: string, ...types: string[]) => ({
  description,
  content: Object.fromEntries(types.map((type) => [type, { schema: z.string().openapi({ format: 'binary' }) }])),
})
const pemOf = ({ der }: Crl) => toPem('X509 CRL', der)

/** Whom to trust, and whom no longer: for everybody, since it is how they learn whom to believe. */
export function authorityRoutes(app: App, { services: { certificates }, access, clientAddress }: Deps): void {
  const shared = { ...access('everybody'), method: 'get' as const, tags: ['Certificates'] }

  const list = createRoute({
    ...shared,
    path: '/api/certificates/ca',
    summary: 'The CAs to trust, newest first',
    responses: { 200: ok('All that are trusted', Authorities) },
  })
  app.openapi(list, async (c) => {
    const authorities = (await certificates.trusted()).map(authorityAnswer)
    return json(c, { success: true as const, ca: await certificates.bundle(), authorities }, 200)
  })

  const bundle = createRoute({
    ...shared,
    path: '/api/certificates/ca.pem',
    summary: 'The CAs to trust, as PEM',
    responses: { 200: file('Newest first', PEM) },
  })
  app.openapi(bundle, async (c) => answer(c, await certificates.bundle(), 200, PEM, CACHED))

  const signersCrl = createRoute({
    ...shared,
    path: '/api/certificates/ca.crl',
    summary: 'The revocation list of the CA that signs, as DER',
    responses: { 200: file('Never older than the last revocation', CRL) },
  })
  app.openapi(signersCrl, async (c) => answer(c, (await certificates.crl()).der, 200, CRL, CACHED))

  const allCrls = createRoute({
    ...shared,
    path: '/api/certificates/ca.crl.pem',
    summary: 'The revocation lists of all CAs, as PEM',
    responses: { 200: file('To be used with ca.pem', PEM) },
  })
  app.openapi(allCrls, async (c) => {
    const lists = (await certificates.crls()).map(pemOf).join('')
    return answer(c, lists, 200, PEM, CACHED)
  })

  const ofOne = createRoute({
    ...shared,
    path: '/api/certificates/ca/{file}',
    summary: 'Of one CA: {id}.crl is its revocation list, as every certificate names it; {id}.crl.pem; {id}.pem',
    request: { params: z.object({ file: z.string().openapi({ example: `${'0'.repeat(40)}.crl.pem` }) }) },
    responses: { 200: file('The file', CRL, PEM), ...failures('CERTIFICATE_NOT_FOUND') },
  })
  app.openapi(ofOne, async (c) => {
    const { file: name } = c.req.valid('param')
    const [, id = '', suffix] = /^([0-9a-f]{40})\.(crl|crl\.pem|pem)$/.exec(name) ?? []
    const ca = (await certificates.trusted()).find((each) => each.id === id)
    if (!ca) throw new AppError('CERTIFICATE_NOT_FOUND', 'There is no such CA, or it is not trusted any more')
    if (suffix === 'pem') return answer(c, ca.certificate, 200, PEM, CACHED)
    const crl = await certificates.crl(id)
    return suffix === 'crl' ? answer(c, crl.der, 200, CRL, CACHED) : answer(c, pemOf(crl), 200, PEM, CACHED)
  })

  const rotate = createRoute({
    ...access('administrators'),
    method: 'post',
    path: '/api/certificates/ca/rotate',
    tags: ['Certificates'],
    summary: 'Make the next CA: trusted at once, signing a week later',
    request: onlyCredentials,
    responses: {
      200: ok('The CA that comes next, also if it was made before', Rotation),
      ...guardedFailures('INVALID_INPUT'),
    },
  })
  app.openapi(rotate, async (c) => {
    const authority = authorityAnswer(await certificates.rotateCa(actorOf(c, clientAddress(c))))
    const message = `The next CA is trusted now and signs from ${authority.signsFrom}`
    return json(c, { success: true as const, message, authority }, 200)
  })
}
