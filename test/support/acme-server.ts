import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { base64url, calculateJwkThumbprint, type FlattenedJWS, flattenedVerify, importJWK, type JWK } from 'jose'
import { onTestFinished } from 'vitest'
import {
  type Authority,
  createAuthority,
  createRootCa,
  describeCertificate,
  edgeProfile,
  readCsr,
  toPem,
} from '../../shared/pki/index.ts'

/** What a call is about, in the order in which an order needs them. */
export const KINDS = ['account', 'newOrder', 'order', 'authorization', 'challenge', 'finalize', 'certificate'] as const
type Kind = (typeof KINDS)[number] | 'directory' | 'nonce' | 'revoke' | 'renewalInfo' | 'orders'

interface Call {
  kind: Kind
  /** Of its kind, from 1. */
  count: number
  /** What was signed. */
  payload: Record<string, unknown>
}

interface Fault {
  status: number
  type: string
  detail?: string
  headers?: Record<string, string>
}

export interface AcmeServerOptions {
  /** Before a call is looked at: what it answers instead. */
  before?: (call: Call) => Promise<Fault | undefined> | Fault | undefined
  /** After it was done, and before the answer goes out. */
  after?: (call: Call) => Promise<void> | void
  /** Why a name is not believed; null: it is. Default: all are believed. */
  look?: (name: string, kind: string, proof: { token: string; answer: string }) => Promise<string | null>
  /** Accounts list their orders, as RFC 8555 wants. Otherwise the same order is given out again, as Let's Encrypt does. */
  listsOrders?: boolean
  /** How often an order is looked at before it is done. */
  processingLooks?: number
  lifeMs?: number
  /** What it suggests for renewals. */
  window?: { start: string; end: string }
  now?: () => number
}

interface OrderSeen {
  name: string
  status: string
  replaces: string | undefined
}

/** An ACME server by RFC 8555 in this process, for what a real one does seldom: it checks every signature and nonce. */
export interface AcmeServer {
  directory: string
  orders: OrderSeen[]
  calls: Kind[]
  /** Serial numbers. */
  revoked: string[]
  /** The certificate that vouches for all that it issues, as PEM. */
  root: string
}

interface Order extends OrderSeen {
  token: string
  authorization: string
  reason: string | null
  certificate: string
  looks: number
}

export async function startAcmeServer(options: AcmeServerOptions = {}): Promise<AcmeServer> {
  const { listsOrders = true, processingLooks = 0, now = Date.now, look = async () => null } = options
  const root = await createRootCa({ permittedDomains: ['example', 'test', 'com'], now })
  const authority = await createAuthority({ ...root, crlUrl: 'http://ca.test/list.crl', now })
  const server = createServer((request, response) => void handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const nonces = new Set<string>()
  const accounts = new Map<string, JWK>()
  const orders: Order[] = []
  const calls: Kind[] = []
  const revoked: string[] = []

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const nonce = crypto.randomUUID()
    nonces.add(nonce)
    response.setHeader('replay-nonce', nonce)
    try {
      await answer(request, response)
    } catch (error) {
      const { status, type, detail, headers = {} } = error as Fault
      if (type === undefined) throw error
      response.writeHead(status, { 'content-type': 'application/problem+json', ...headers })
      response.end(JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail: detail ?? type }))
    }
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [, part = '', id = ''] = (request.url ?? '').split('/')
    const kind = part as Kind
    calls.push(kind)
    const body = request.method === 'POST' ? await signed(request, kind) : null
    const call: Call = { kind, count: calls.filter((each) => each === kind).length, payload: body?.payload ?? {} }
    const fault = await options.before?.(call)
    if (fault) throw fault
    const { status = 200, headers = {}, json } = await act(kind, id, body)
    await options.after?.(call)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof json === 'string' ? json : json === undefined ? undefined : JSON.stringify(json))
  }

  const signed = async (request: IncomingMessage, kind: Kind) => {
    const jws = JSON.parse(await text(request)) as FlattenedJWS
    const { protectedHeader, payload } = await flattenedVerify(jws, async (header) => {
      const jwk = (header as { jwk?: JWK }).jwk ?? accounts.get(String(header?.kid))
      if (!jwk) throw { status: 400, type: 'accountDoesNotExist' } satisfies Fault
      return importJWK(jwk, 'ES256')
    })
    const header = protectedHeader as { nonce: string; url: string; jwk?: JWK; kid?: string }
    if (!nonces.delete(header.nonce)) throw { status: 400, type: 'badNonce' } satisfies Fault
    if (header.url !== base + request.url) throw { status: 401, type: 'unauthorized' } satisfies Fault
    if ((header.jwk !== undefined) !== (kind === 'account' && request.url === '/account'))
      throw { status: 400, type: 'malformed' } satisfies Fault
    const said = new TextDecoder().decode(payload)
    return { header, payload: said === '' ? {} : (JSON.parse(said) as Record<string, unknown>) }
  }

  const act = async (kind: Kind, id: string, body: Awaited<ReturnType<typeof signed>> | null): Promise<Acted> => {
    const order = orders[Number(id)]
    if (kind === 'directory') return { json: directoryOf(base) }
    if (kind === 'nonce') return {}
    if (kind === 'renewalInfo') {
      if (!options.window) throw { status: 404, type: 'malformed' } satisfies Fault
      return { json: { suggestedWindow: options.window }, headers: { 'retry-after': '600' } }
    }
    if (kind === 'account' && body?.header.jwk) return account(body.header.jwk)
    if (kind === 'account') return { json: { status: 'valid', ...(listsOrders && { orders: `${base}/orders` }) } }
    if (kind === 'orders') return { json: { orders: orders.map((_, index) => `${base}/order/${index}`) } }
    if (kind === 'newOrder') return newOrder(body?.payload ?? {})
    if (kind === 'revoke') return revoke(String(body?.payload.certificate))
    if (!order) throw { status: 404, type: 'malformed' } satisfies Fault
    if (kind === 'certificate')
      return { json: order.certificate, headers: { 'content-type': 'application/pem-certificate-chain' } }
    if (kind === 'authorization') return { json: authorizationOf(order, id) }
    if (kind === 'challenge') return challenge(order, id, body?.header.kid)
    if (kind === 'finalize') return finalize(order, id, String(body?.payload.csr))
    return { json: seen(order, id) }
  }

  const account = async (jwk: JWK): Promise<Acted> => {
    const url = `${base}/account/${await calculateJwkThumbprint(jwk)}`
    const isNew = !accounts.has(url)
    accounts.set(url, jwk)
    return { status: isNew ? 201 : 200, headers: { location: url }, json: { status: 'valid' } }
  }

  const newOrder = (payload: Record<string, unknown>): Acted => {
    const name = (payload.identifiers as { value: string }[])[0]?.value ?? ''
    const open = listsOrders ? -1 : orders.findIndex((each) => each.name === name && !isOver(each.status))
    const index = open >= 0 ? open : orders.length
    if (open < 0) {
      const replaces = payload.replaces as string | undefined
      const state = { status: 'pending', authorization: 'pending', reason: null, certificate: '', looks: 0 }
      orders.push({ name, replaces, token: crypto.randomUUID(), ...state })
    }
    const order = orders[index] as Order
    return { status: 201, headers: { location: `${base}/order/${index}` }, json: seen(order, String(index)) }
  }

  const seen = (order: Order, id: string) => {
    if (order.status === 'processing' && ++order.looks > processingLooks) order.status = 'valid'
    return {
      status: order.status,
      identifiers: [{ type: 'dns', value: order.name }],
      authorizations: [`${base}/authorization/${id}`],
      finalize: `${base}/finalize/${id}`,
      ...(order.status === 'valid' && { certificate: `${base}/certificate/${id}` }),
    }
  }

  const challengesOf = ({ name, token, authorization, reason }: Order, id: string) => {
    const kinds = name.startsWith('*.') ? ['dns-01'] : ['http-01', 'dns-01']
    return kinds.map((type) => ({
      ...{ type, token, url: `${base}/challenge/${id}/${type}`, status: authorization },
      ...(reason !== null && { error: { type: 'urn:ietf:params:acme:error:unauthorized', detail: reason } }),
    }))
  }

  const authorizationOf = (order: Order, id: string) => ({
    status: order.authorization,
    identifier: { type: 'dns', value: order.name.replace(/^\*\./, '') },
    ...(order.name.startsWith('*.') && { wildcard: true }),
    challenges: challengesOf(order, id),
  })

  const challenge = async (order: Order, id: string, kid: string | undefined): Promise<Acted> => {
    const [first] = challengesOf(order, id)
    const thumbprint = await calculateJwkThumbprint(accounts.get(String(kid)) as JWK)
    const proof = { token: order.token, answer: `${order.token}.${thumbprint}` }
    order.reason = await look(order.name, first?.type ?? '', proof)
    order.authorization = order.reason === null ? 'valid' : 'invalid'
    order.status = order.reason === null ? 'ready' : 'invalid'
    return { json: challengesOf(order, id)[0] }
  }

  const finalize = async (order: Order, id: string, csr: string): Promise<Acted> => {
    if (order.status !== 'ready') throw { status: 403, type: 'orderNotReady' } satisfies Fault
    order.certificate = await issue(authority, order.name, base64url.decode(csr), options.lifeMs)
    order.status = 'processing'
    return { json: seen(order, id) }
  }

  const revoke = async (certificate: string): Promise<Acted> => {
    const { serial } = await describeCertificate(base64url.decode(certificate) as Uint8Array<ArrayBuffer>)
    if (revoked.includes(serial)) throw { status: 400, type: 'alreadyRevoked' } satisfies Fault
    revoked.push(serial)
    return {}
  }

  return { directory: `${base}/directory`, orders, calls, revoked, root: toPem('CERTIFICATE', root.certificate) }
}

interface Acted {
  status?: number
  headers?: Record<string, string>
  json?: unknown
}

const isOver = (status: string) => status === 'valid' || status === 'invalid'

async function issue(authority: Authority, name: string, csr: Uint8Array, lifeMs: number | undefined): Promise<string> {
  const profile = edgeProfile([name])
  const read = await readCsr(csr as Uint8Array<ArrayBuffer>, profile)
  if (!read.ok) throw { status: 400, type: 'badCSR', detail: read.problem.reason } satisfies Fault
  const { certificate } = await authority.issue(profile, read.publicKey, lifeMs === undefined ? {} : { lifeMs })
  return toPem('CERTIFICATE', certificate)
}

const directoryOf = (base: string) => ({
  newNonce: `${base}/nonce`,
  newAccount: `${base}/account`,
  newOrder: `${base}/newOrder`,
  revokeCert: `${base}/revoke`,
  keyChange: `${base}/keyChange`,
  renewalInfo: `${base}/renewalInfo`,
})
