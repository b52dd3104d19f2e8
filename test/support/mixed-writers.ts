import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** Many writers at once that do all that the API takes, against each other. */

interface Answered {
  status: number
  etag: string | null
  text: string
}

export interface MixedWriters {
  /** How often each status came, by what was done. */
  counts: Map<string, number>
  /** What should never have been answered. */
  wrong: string[]
  /** How often each counter was raised, as those were told who raised it. */
  raised: Map<string, number>
}

export interface MixedWritersOptions {
  agents: Map<string, string>
  adminToken: string
  url: string
  writers: number
  durationMs: number
}

/** What has to be done at least once, however slow the machine is. */
export const KINDS = ['put', 'create', 'remove', 'bulk', 'raise', 'repeat', 'suspend']
const LONGEST_MS = 90_000
const HOSTS = 150
const COUNTERS = 8
/** Whose routes are counters. */
export const COUNTING_AGENT = 'vps-0'
/** Who is suspended from time to time. */
const SUSPENDED_AGENT = 'vps-1'
const FIRST_PORT = 10_000

/** 202 where HAProxy took too long on a busy machine: that is accepted, and comes to it later. */
const EXPECTED: Record<string, number[]> = {
  put: [200, 201, 202, 409],
  remove: [200, 404],
  bulk: [200, 202, 409],
  raise: [200, 202, 412],
  repeat: [200, 201, 202, 409],
  suspend: [200],
  read: [200, 404],
  create: [201, 202, 409, 412],
}

const counterName = (i: number) => `counter-${i}`
export const counterTarget = (count: number) => `http://10.1.1.1:${FIRST_PORT + count}`

export async function runMixedWriters(options: MixedWritersOptions): Promise<MixedWriters> {
  const result: MixedWriters = { counts: new Map(), wrong: [], raised: new Map() }
  const startedMs = Date.now()
  const site = { ...options, result }
  const goesOn = () => {
    const tookMs = Date.now() - startedMs
    return tookMs < options.durationMs || (tookMs < LONGEST_MS && !KINDS.every((kind) => hasWorked(result, kind)))
  }
  const loops = Array.from({ length: options.writers }, async (_, i) => {
    const random = randomOf(i + 1)
    while (goesOn() && result.wrong.length < 10) await oneOf(site, random)
  })
  await Promise.all(loops)
  return result
}

/** Whether it was done at all, and not only refused. */
export const hasWorked = ({ counts }: MixedWriters, kind: string): boolean =>
  [200, 201, 202].some((status) => (counts.get(`${kind} ${status}`) ?? 0) > 0)

type Site = MixedWritersOptions & { result: MixedWriters }
type Random = (below: number) => number

/** The same sequence for the same writer in each run. */
function randomOf(seed: number): Random {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

async function oneOf(site: Site, random: Random): Promise<void> {
  const dice = random(100)
  if (dice < 30) await put(site, random)
  else if (dice < 45) await remove(site, random)
  else if (dice < 52) await bulk(site, random)
  else if (dice < 72) await raise(site, random)
  else if (dice < 84) await repeat(site, random)
  else if (dice < 90) await create(site, random)
  else if (dice < 91) await suspend(site, random)
  else await read(site, random)
}

const agentIn = ({ agents }: Site, random: Random) => `vps-${random(agents.size)}`
/** Mostly one that nobody else asks for: fights for a host are a part of it, not all. */
function subdomainIn(agentId: string, random: Random): string {
  const number = Number(agentId.slice('vps-'.length))
  return random(4) === 0 ? `host-${random(HOSTS)}` : `own-${number}-${random(HOSTS / 10)}`
}

function wishOf(agentId: string, random: Random) {
  const targetUrl = `http://10.0.0.${1 + random(200)}:${8_000 + random(500)}`
  return { agentId, subdomain: subdomainIn(agentId, random), targetUrl, options: { check: random(20) === 0 } }
}

async function put(site: Site, random: Random): Promise<void> {
  const agentId = agentIn(site, random)
  await told(site, 'put', agentId, call(site, 'POST', '/api/proxy/http', agentId, wishOf(agentId, random)))
}

async function create(site: Site, random: Random): Promise<void> {
  const agentId = agentIn(site, random)
  const asked = call(site, 'POST', '/api/proxy/http', agentId, wishOf(agentId, random), { 'if-none-match': '*' })
  await told(site, 'create', agentId, asked)
}

async function remove(site: Site, random: Random): Promise<void> {
  const agentId = agentIn(site, random)
  const removal = { agentId, type: 'http', subdomain: subdomainIn(agentId, random) }
  await told(site, 'remove', agentId, call(site, 'DELETE', '/api/proxy', agentId, removal))
}

/** Of two agents, by the administrator, or of one by itself. */
async function bulk(site: Site, random: Random): Promise<void> {
  const [one, other] = [agentIn(site, random), agentIn(site, random)]
  const owner = random(2) === 0 ? null : one
  const wishes = Array.from({ length: 6 }, (_, i) => wishOf(owner ?? (i % 2 ? one : other), random))
  const upsert = [...new Map(wishes.map((wish) => [wish.subdomain, { type: 'http', ...wish }])).values()]
  const remove = [{ type: 'http', agentId: owner ?? one, subdomain: `host-${HOSTS + random(5)}` }]
  await told(site, 'bulk', owner ?? '', call(site, 'POST', '/api/proxy/bulk', owner, { upsert, remove }))
}

/** Reads a number and writes the next one, if it is still the same. */
async function raise(site: Site, random: Random): Promise<void> {
  const subdomain = counterName(random(COUNTERS))
  const id = counters.get(`${site.url} ${subdomain}`) ?? ''
  const read = await call(site, 'GET', `/api/proxy/routes/${id}`, COUNTING_AGENT)
  if (read.status !== 200) return wrong(site, 'read of a counter', read)
  const count = portOf(read) - FIRST_PORT
  const wish = { agentId: COUNTING_AGENT, subdomain, targetUrl: counterTarget(count + 1), options: { check: false } }
  const headers = { 'if-match': read.etag ?? '' }
  const answer = await told(
    site,
    'raise',
    COUNTING_AGENT,
    call(site, 'POST', '/api/proxy/http', COUNTING_AGENT, wish, headers),
  )
  if (answer.status < 300) site.result.raised.set(subdomain, (site.result.raised.get(subdomain) ?? 0) + 1)
}

const counters = new Map<string, string>()

export async function makeCounters(site: Pick<Site, 'url' | 'agents' | 'adminToken'>): Promise<void> {
  for (let i = 0; i < COUNTERS; i++) {
    const subdomain = counterName(i)
    const wish = { agentId: COUNTING_AGENT, subdomain, targetUrl: counterTarget(0), options: { check: false } }
    const { text } = await call(site, 'POST', '/api/proxy/http', COUNTING_AGENT, wish)
    counters.set(`${site.url} ${subdomain}`, (JSON.parse(text) as { route: { id: string } }).route.id)
  }
}

function portOf({ text }: Answered): number {
  const { route } = JSON.parse(text) as { route: { targetUrl: string } }
  return Number(new URL(route.targetUrl).port)
}

/** Twice at the same time, and once more: one answer. */
async function repeat(site: Site, random: Random): Promise<void> {
  const agentId = agentIn(site, random)
  const wish = wishOf(agentId, random)
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const again = () => call(site, 'POST', '/api/proxy/http', agentId, wish, headers)
  const answers = [...(await Promise.all([again(), again()])), await again()]
  // A suspension may come in between: it is asked who calls before it is asked what was answered.
  const counted = answers.filter((answer) => !isSuspended(agentId, answer))
  for (const answer of counted) await told(site, 'repeat', agentId, Promise.resolve(answer))
  const different = new Set(counted.map(({ status, text }) => `${status} ${text}`))
  if (different.size > 1) site.result.wrong.push(`one key, several answers: ${[...different].join('\n')}`)
}

async function suspend(site: Site, random: Random): Promise<void> {
  const body = { suspended: random(2) === 0 }
  await told(site, 'suspend', '', call(site, 'PATCH', `/api/agents/${SUSPENDED_AGENT}`, null, body))
}

async function read(site: Site, random: Random): Promise<void> {
  const agentId = agentIn(site, random)
  const path = random(2) === 0 ? `/api/proxy/agents/${agentId}` : '/api/proxy?limit=50'
  await told(site, 'read', '', call(site, 'GET', path, null))
}

async function call(
  { url, agents, adminToken }: Pick<Site, 'url' | 'agents' | 'adminToken'>,
  method: string,
  path: string,
  agentId: string | null,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const token = agentId === null ? adminToken : (agents.get(agentId) ?? '')
  const payload = body === undefined ? '' : JSON.stringify(body)
  const type = { 'content-type': 'application/json', 'content-length': String(payload.length) }
  const all = { authorization: `Bearer ${token}`, ...(body && type), ...headers }
  return onItsOwnConnection(url + path, method, all, payload)
}

/** A kept one may be closed by the front in the moment in which it is used again, and then nobody knows what was done. */
function onItsOwnConnection(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: string,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const { statusCode = 0, headers: told } = response
      text(response).then((body) => resolve({ status: statusCode, etag: told.etag ?? null, text: body }), reject)
    })
    sent.end(body)
  })
}

const isSuspended = (agentId: string, { status }: Answered) => status === 403 && agentId === SUSPENDED_AGENT

async function told(site: Site, what: string, agentId: string, asked: Promise<Answered>): Promise<Answered> {
  const answer = await asked
  const { counts } = site.result
  counts.set(`${what} ${answer.status}`, (counts.get(`${what} ${answer.status}`) ?? 0) + 1)
  if (!EXPECTED[what]?.includes(answer.status) && !isSuspended(agentId, answer)) wrong(site, what, answer)
  return answer
}

const wrong = ({ result }: Site, what: string, { status, text }: Answered): void =>
  void result.wrong.push(`${what}: ${status} ${text.slice(0, 300)}`)
