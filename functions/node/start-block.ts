import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { withoutPassword } from './open-kv.ts'
import { targetLevel } from './targets.ts'

export interface StartBlock {
  config: Config
  version: string
  dataDir: string
  /** Where HAProxy is told what to do. */
  dataPlane: string
  /** Those that were just made, which is the only time they can be shown. */
  tokens: { admin: string | null; enrollment: string | null }
  /** Agents register without a token. */
  isOpen: boolean
  /** The CA that signs, as PEM. */
  authority: string | undefined
}

/** What a person needs to know once everything answers. */
export function startBlock({ config, version, dataDir, dataPlane, tokens, isOpen, authority }: StartBlock): string {
  const url = `http://${host(config.HOST)}:${config.PORT}`
  const rows: [name: string, value: string][] = [
    ['API', url],
    ['Docs', `${url}/api/docs`],
    ['Apps', `http://${host(config.BIND)}:${config.HTTP_PORT} and https://${host(config.BIND)}:${config.HTTPS_PORT}`],
    ['Databases', `${host(config.BIND)}:${config.MONGO_PORT}, by the name in TLS`],
    ['Figures', `http://127.0.0.1:${config.STATS_PORT}`],
    ['Store', storeName(config.KV, dataDir)],
    ['Data plane', dataPlane],
    ['Registration', isOpen ? 'open: only this machine can reach the front' : 'with an enrolment token'],
  ]
  if (config.ACME !== null)
    rows.push(['Certificates', `of ${config.ACME}: GET /api/certificates/edge says how each name stands`])
  if (authority) rows.push(['CA', `SHA-256 ${new X509Certificate(authority).fingerprint256}`])
  if (tokens.admin) rows.push(['Admin token', `${tokens.admin}   (shown only now: keep it)`])
  if (tokens.enrollment) rows.push(['Enrolment token', `${tokens.enrollment}   (shown only now: agents need it)`])
  return [
    '',
    `  CloudLunacy Front Server ${version}`,
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(16)}${value}`),
    '',
    '  Try it:',
    ...firstRoute(config, url, tokens.enrollment, isOpen).map((line) => `    ${line}`),
    '',
    '',
  ].join('\n')
}

/** To be pasted as it is: something to route to, an agent, its route, and a request through HAProxy. */
function firstRoute(config: Config, url: string, token: string | null, isOpen: boolean) {
  const { BIND, HTTP_PORT, APPS_DOMAIN } = config
  const json = "-H 'content-type: application/json'"
  const agent = '"agentId":"vps-1","agentKey":"a-secret-of-your-own"'
  const enrolment = isOpen ? '' : `,"enrollmentToken":"${token ?? '<enrolment token>'}"`
  const address = targetLevel(config) === 'loopback' ? '127.0.0.1' : '<address of the app>'
  return [
    `node -e 'require("http").createServer((_, answer) => answer.end("hello\\n")).listen(3000)' &`,
    `curl ${url}/api/agents/register ${json} -d '{${agent},"targetIp":"${address}"${enrolment}}'`,
    `curl ${url}/api/proxy/http ${json} -d '{${agent},"subdomain":"hello","targetUrl":"http://${address}:3000"}'`,
    `curl -H 'host: hello.${APPS_DOMAIN}' http://${host(BIND)}:${HTTP_PORT}/`,
  ]
}

const host = (address: string) => (address.includes(':') ? `[${address}]` : address)

/** Without what may be a password in the URL. */
function storeName(url: string | undefined, dataDir: string): string {
  if (url === undefined) return `SQLite, ${join(dataDir, 'front.db')}`
  if (url === 'memory:') return 'memory: everything is gone when this process ends'
  if (url.startsWith('sqlite:')) return `SQLite, ${url.slice('sqlite:'.length)}`
  return `etcd, ${withoutPassword(url)}`
}
