import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it } from 'vitest'
import { CALLS } from '../../functions/openapi/calls/index.ts'
import { STATUS } from '../../shared/errors.ts'
import type { Gateway } from '../../shared/gateway/gateway.ts'
import { ADMIN_TOKEN, type Answer, ENROLLMENT_TOKEN, type Harness, harness } from '../harness.ts'
import { acmeFront, isIssued } from '../support/acme-front.ts'
import { FORMATS } from '../support/contract.ts'
import { fakeGateway } from '../support/fake-gateway.ts'

interface Operation {
  call: string
  operationId?: string
  summary?: string
  tags?: string[]
  security?: unknown[]
  'x-who'?: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: object; examples?: Record<string, { value: object }> }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }>; headers?: object }>
}
interface Parameter {
  in: string
  name: string
  description?: string
  schema: Record<string, unknown>
}
interface Schema {
  allOf?: { properties?: { code?: { enum: string[] } } }[]
}

let front: Harness
// biome-ignore lint/suspicious/noExplicitAny: a document of any shape; the tests look at what they need.
let document: any
let operations: Operation[]
beforeAll(async () => {
  front = await harness({ keepOpen: true })
  document = (await front.call('GET', '/api/openapi.json')).body
  operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, call: `${method.toUpperCase()} ${path}` })),
  )
})

/** The calls for which this is not so. */
const lacking = (holds: (operation: Operation) => unknown) =>
  operations.filter((operation) => !holds(operation)).map(({ call }) => call)

/** What may be left out has no example of its own: the docs page would send it. */
function isSaid({ in: place, schema, description }: Parameter): boolean {
  if (description !== undefined) return true
  return (
    place !== 'header' &&
    [schema.example, schema.default, schema.enum, schema.maximum, schema.description].some((it) => it !== undefined)
  )
}

const bodyOf = ({ requestBody }: Operation) => requestBody?.content['application/json']

describe('every call of the document', () => {
  it('has a name of its own, a summary, a tag that is explained, and who may call it', () => {
    expect(lacking(({ operationId }) => operationId)).toEqual([])
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    expect(lacking(({ summary }) => summary)).toEqual([])
    const tags = document.tags.map(({ name }: { name: string }) => name)
    expect(lacking(({ tags: own }) => own?.length === 1 && tags.includes(own[0]))).toEqual([])
    expect(lacking((operation) => operation['x-who'] && operation.security)).toEqual([])
  })

  it('is there: nothing is said of calls that are not', () => {
    const calls = operations.map(({ call }) => call)
    expect(Object.keys(CALLS).filter((call) => !calls.includes(call))).toEqual([])
  })

  it('says what may be sent as a parameter', () => {
    const unsaid = operations.flatMap(({ call, parameters = [] }) =>
      parameters.filter((parameter) => !isSaid(parameter)).map(({ name }) => `${call}: ${name}`),
    )
    expect(unsaid).toEqual([])
  })

  it('has examples of its body that its own schema takes', () => {
    expect(lacking((operation) => !bodyOf(operation) || Object.keys(bodyOf(operation)?.examples ?? {}).length)).toEqual(
      [],
    )
    const ajv = new Ajv2020({ strict: false, formats: FORMATS })
    ajv.addSchema({ $id: 'api', ...document })
    for (const operation of operations) {
      const { schema, examples = {} } = bodyOf(operation) ?? { schema: {} }
      const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')))
      for (const { value } of Object.values(examples)) {
        expect([operation.call, validate(value), validate.errors]).toEqual([operation.call, true, null])
      }
    }
  })

  it('has a success with a schema, and each failure with its codes', () => {
    expect(lacking(({ responses }) => Object.keys(responses).some((status) => /^2/.test(status)))).toEqual([])
    for (const { call, responses } of operations) {
      for (const [status, { content = {}, headers }] of Object.entries(responses)) {
        expect([call, status, Object.keys(headers ?? {})]).toEqual([
          call,
          status,
          expect.arrayContaining(['X-Request-Id']),
        ])
        if (!/^[45]/.test(status)) continue
        const codes = content['application/json']?.schema.allOf?.[1]?.properties?.code?.enum ?? []
        expect([call, status, codes.length > 0]).toEqual([call, status, true])
        for (const code of codes) expect([call, code, STATUS[code as 'INTERNAL']]).toEqual([call, code, Number(status)])
      }
    }
  })
})

describe('every example of the document', () => {
  it('works as it stands', async () => {
    const tried: string[] = []
    for (const operation of operations.filter(({ call }) => !TRIED_ELSEWHERE.includes(call))) {
      for (const [name, { value }] of Object.entries(bodyOf(operation)?.examples ?? {})) {
        const { status, body } = await tryOut(operation, value)
        tried.push(name)
        const isGood = status >= 200 && status < 300
        expect([operation.call, name, isGood, body.error]).toEqual([operation.call, name, true, undefined])
      }
    }
    expect(tried.length).toBeGreaterThan(25)
  })
})

/** What only a front can make cannot stand in a document, and alerts need a webhook. */
const TRIED_ELSEWHERE = ['POST /api/import', 'POST /api/alerts/test']

/** On a front of its own, where there is what the call is about. */
async function tryOut({ call, ...operation }: Operation, body: object): Promise<Answer> {
  const [method = '', template = ''] = call.split(' ')
  const isOrdered = /edge\/\{name\}\/./.test(template)
  const fresh = isOrdered ? await withCertificate() : await harness({ keepOpen: true, gateway: gateway() })
  const made: Record<string, string> = template.endsWith('/register')
    ? {}
    : await furnish(fresh, { backend: method === 'DELETE' })
  const names: Record<string, string | undefined> = {
    agentId: 'vps-1',
    id: template.startsWith('/api/tokens') ? made.tokenId : made.routeId,
    domain: CUSTOM_DOMAIN,
    name: isOrdered ? ACME_NAME : template.startsWith('/api/nodes') ? 'frankfurt' : 'shop',
  }
  if (template.includes('{domain}')) await putCustomDomain(fresh)
  const path = template.replace(/\{(\w+)\}/g, (_, parameter: string) => names[parameter] ?? '')
  const isAgents = operation['x-who'] === 'the agent itself'
  const token = isAgents ? made.agentToken : template.endsWith('/register') ? ENROLLMENT_TOKEN : ADMIN_TOKEN
  const answer = await fresh.call(method, path, { ...(token && { token }), body })
  await fresh.services.acme?.stop()
  await fresh.kv.close()
  return answer
}

const CUSTOM_DOMAIN = 'www.example.org'

/** The app has it too. */
async function putCustomDomain({ call }: Harness): Promise<void> {
  const { value } = CALLS['POST /api/proxy/http']?.examples?.app ?? {}
  const body = { ...(value as object), options: { domains: [CUSTOM_DOMAIN] } }
  await call('POST', '/api/proxy/http', { token: ADMIN_TOKEN, body })
}

const ACME_NAME = 'shop.example'

/** It has one of an ACME server. */
async function withCertificate(): Promise<Harness> {
  const front = await acmeFront({ names: [ACME_NAME], keepOpen: true, gateway: gateway() })
  await front.until(ACME_NAME, isIssued)
  return front
}

/** It has the node that an example adds. */
function gateway(): Gateway {
  const fake = fakeGateway()
  const nodes = async () => (await fake.nodes()).map((node) => ({ ...node, name: 'frankfurt', configured: false }))
  return { ...fake, nodes, reconcile: async () => true }
}

/** An agent with an app, a database and a certificate; a token; a certificate for the edge; a node. All are examples themselves. */
async function furnish({ call }: Harness, { backend }: { backend: boolean }): Promise<Record<string, string>> {
  const example = (name: string) => Object.values(CALLS[name]?.examples ?? {})[0]?.value
  const put = async (method: string, path: string, token = ADMIN_TOKEN) =>
    (await call(method, path, { token, body: example(`${method} ${path.replace(/\/(shop|frankfurt)$/, '/{name}')}`) }))
      .body
  const { token: agentToken } = await put('POST', '/api/agents/register', ENROLLMENT_TOKEN)
  const { route } = await put('POST', '/api/proxy/http')
  await put('POST', '/api/proxy/mongodb')
  await put('PUT', '/api/certificates/edge/shop')
  await put('PUT', '/api/nodes/frankfurt')
  if (backend) await put('PUT', '/api/backends/shop')
  const { id: tokenId } = await put('POST', '/api/tokens')
  return { agentToken, tokenId, routeId: route.id }
}
