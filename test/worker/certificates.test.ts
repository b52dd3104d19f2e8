import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import worker from '../../functions/worker.ts'
import { describeCertificate, fromPem } from '../../shared/pki/index.ts'

async function get(path: string): Promise<Response> {
  const context = createExecutionContext()
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://front.example.com${path}`)
  const response = await worker.fetch(request, env, context)
  await waitOnExecutionContext(context)
  return response
}

it('has a CA, and a revocation list where its certificates say, request after request', async () => {
  const bundles = [
    await (await get('/api/certificates/ca.pem')).text(),
    await (await get('/api/certificates/ca.pem')).text(),
  ]
  expect(bundles[1]).toBe(bundles[0])
  const [block] = fromPem(bundles[0] ?? '')
  const { keyId } = await describeCertificate(block?.der ?? new Uint8Array())
  const response = await get(`/api/certificates/ca/${keyId}.crl`)
  expect(response.status).toBe(200)
  expect(await response.bytes()).toEqual(await (await get('/api/certificates/ca.crl')).bytes())
})
