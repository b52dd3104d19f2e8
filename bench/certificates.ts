import { X509Certificate } from 'node:crypto'
import { allOfThem } from '../shared/lib/all-of-them.ts'
import {
  type Authority,
  createAuthority,
  createRootCa,
  edgeProfile,
  exportPrivateKey,
  generateKeyPair,
  toPem,
} from '../shared/pki/index.ts'
import { haproxyIn } from '../test/support/haproxy-inside.ts'
import { kill } from '../test/support/processes.ts'
import { shownFor, untilShown } from '../test/support/served.ts'
import { withEnding } from './routes/ending.ts'
import { count, median, ms, percentile, printTable, say, seconds } from './routes/figures.ts'
import { DOMAIN, type Front, startFront } from './routes/front.ts'
import type { Call } from './routes/http.ts'
import { startTargets } from './routes/targets.ts'

const MANY = [0, 500, 5_000]
const AT_ONCE = 8
const SAMPLES = 30
const AGENT = 'vps-new'

/** What thousands of certificates of the edge cost: bringing them, a start, a reload, and one that is renewed. */
export async function run(): Promise<void> {
  await withEnding(async (ending) => {
    const front = await startFront(ending, { SETTLE_INTERVAL_MS: '50', KEEP_HAPROXY: 'true' })
    const [target = 0] = await startTargets(ending, 1)
    const root = await createRootCa({ permittedDomains: [DOMAIN] })
    const authority = await createAuthority({ ...root, crlUrl: `http://front.${DOMAIN}/ca.crl` })
    const agent = await front.agent(AGENT)
    const rows: string[][] = []
    let there = 0
    for (const many of MANY) {
      const bringMs = await timeOf(() => bring(front, authority, there, many))
      there = many
      const { checkMs, reloadMs } = await reload(agent, {
        subdomain: `s-${many}`,
        targetUrl: `http://127.0.0.1:${target}`,
      })
      const startMs = await timeOf(async () => {
        await front.stop()
        await front.start()
      })
      const haproxyMs = await timeOf(async () => {
        const { master, workers } = haproxyIn(front.dataDir)
        for (const { pid } of [master(), ...workers()]) kill(pid)
        await untilShown(front.httpsPort, 'any.apps.bench.test', (shown) => shown !== null, 60_000)
      })
      const brought = many === 0 ? '–' : seconds(bringMs)
      rows.push([count(many), brought, ms(checkMs), ms(reloadMs), seconds(startMs), seconds(haproxyMs)])
    }
    printTable(
      'Certificates of the edge',
      ['how many', 'all served', 'a check', 'a reload', 'front starts', 'HAProxy starts'],
      rows,
    )
    await benchRenewal(front, authority)
  })
}

/** As a route has it that needs a backend: how long HAProxy's parts of that took. */
async function reload(agent: Call, route: { subdomain: string; targetUrl: string }) {
  const { text } = await agent('POST', '/api/proxy/http', { agentId: AGENT, ...route }, { prefer: 'wait=60' })
  const { applied } = JSON.parse(text) as { applied: { steps: { step: string; ms: number }[] } }
  const msOf = (part: string) => applied.steps.find(({ step }) => step.includes(part))?.ms ?? Number.NaN
  return { checkMs: msOf('check'), reloadMs: msOf('reload') }
}

async function bring(front: Front, authority: Authority, from: number, to: number): Promise<void> {
  if (from === to) return
  const numbers = Array.from({ length: to - from }, (_, i) => from + i)
  await allOfThem(numbers, AT_ONCE, (i) => upload(front, authority, i))
  for (const i of [from, to - 1]) {
    const { fingerprint } = last.get(i) ?? { fingerprint: '' }
    await untilShown(front.httpsPort, nameOf(i), (shown) => shown === fingerprint, 300_000)
  }
}

const nameOf = (i: number) => `shop-${i}.${DOMAIN}`
const last = new Map<number, { fingerprint: string }>()

async function upload(front: Front, authority: Authority, i: number): Promise<string> {
  const keys = await generateKeyPair()
  const { certificate } = await authority.issue(edgeProfile([nameOf(i)]), keys.publicKey)
  const cert = toPem('CERTIFICATE', certificate)
  const pem = cert + toPem('PRIVATE KEY', await exportPrivateKey(keys.privateKey))
  const { fingerprint256: fingerprint } = new X509Certificate(cert)
  last.set(i, { fingerprint })
  const { status, text } = await front.admin('PUT', `/api/certificates/edge/shop-${i}`, { pem })
  if (status !== 200) throw new Error(text)
  return fingerprint
}

/** Handshakes for another name, alone and while one certificate after the other is renewed. */
async function benchRenewal(front: Front, authority: Authority): Promise<void> {
  const shake = async (isOver: () => boolean) => {
    const tookMs: number[] = []
    let failed = 0
    while (!isOver()) {
      const startMs = performance.now()
      if ((await shownFor(front.httpsPort, nameOf(1))) === null) failed += 1
      tookMs.push(performance.now() - startMs)
    }
    return { tookMs, failed }
  }
  const until = performance.now() + 3_000
  const alone = await shake(() => performance.now() > until)
  let isOver = false
  const meanwhile = shake(() => isOver)
  const servedMs: number[] = []
  for (let i = 0; i < SAMPLES; i++) {
    const fingerprint = await upload(front, authority, 0)
    servedMs.push(await untilShown(front.httpsPort, nameOf(0), (shown) => shown === fingerprint))
  }
  isOver = true
  const beside = await meanwhile
  const rowOf = (what: string, { tookMs, failed }: typeof alone) => [
    ...[what, count(tookMs.length), String(failed), ms(median(tookMs)), ms(percentile(tookMs, 0.99))],
  ]
  printTable(
    'Handshakes for another name',
    ['', 'how many', 'failed', 'median', '99 %'],
    [rowOf('alone', alone), rowOf('beside renewals', beside)],
  )
  say(`From the answer to a renewal until it is served: ${ms(median(servedMs))}, at most ${ms(Math.max(...servedMs))}`)
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}
