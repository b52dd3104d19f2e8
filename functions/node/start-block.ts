import { join } from 'node:path'
import type { Config } from '../config.ts'
import { withoutPassword } from './open-kv.ts'

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
}

/** What a person needs to know once everything answers. */
export function startBlock({ config, version, dataDir, dataPlane, tokens, isOpen }: StartBlock): string {
  const url = `http://${host(config.HOST)}:${config.PORT}`
  const rows: [name: string, value: string][] = [
    ['API', url],
    ['Docs', `${url}/api/docs`],
    ['Store', storeName(config.KV, dataDir)],
    ['Data plane', dataPlane],
    ['Registration', isOpen ? 'open: only this machine can reach the front' : 'with an enrolment token'],
  ]
  if (tokens.admin) rows.push(['Admin token', `${tokens.admin}   (shown only now: keep it)`])
  if (tokens.enrollment) rows.push(['Enrolment token', `${tokens.enrollment}   (shown only now: agents need it)`])
  return [
    '',
    `  CloudLunacy Front Server ${version}`,
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(16)}${value}`),
    '',
    `  Try it:         curl ${url}/api/health`,
    '',
    '',
  ].join('\n')
}

const host = (address: string) => (address.includes(':') ? `[${address}]` : address)

/** Without what may be a password in the URL. */
function storeName(url: string | undefined, dataDir: string): string {
  if (url === undefined) return `SQLite, ${join(dataDir, 'front.db')}`
  if (url === 'memory:') return 'memory: everything is gone when this process ends'
  if (url.startsWith('sqlite:')) return `SQLite, ${url.slice('sqlite:'.length)}`
  return `etcd, ${withoutPassword(url)}`
}
