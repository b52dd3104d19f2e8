import { parseConfiguration, type Section } from '../haproxy-text/index.ts'
import { folderOf } from '../lib/folder-of.ts'
import { type BaseValues, renderBase } from './base.ts'
import type { NodeFacts } from './node-parts.ts'

/** What all nodes have in common. */
export type SharedValues = Omit<
  BaseValues,
  | 'HTTPS_SUFFIX'
  | 'MAPS'
  | 'CERTS'
  | 'FRONT_PEM'
  | 'FRONT_CA'
  | 'FRONT_CRL'
  | 'RUN'
  | 'MAXCONN'
  | 'ROUTE_MAXCONN'
  | 'WORKER_USER'
  | 'API_BY_NAME'
>

const FRONT_PEM = 'front.pem'
const DEFAULT_RUN_FOLDER = '/var/run/haproxy'
const DEFAULT_MAXCONN = 2_000
/** Of all connections, one route may have this share. */
const ROUTE_SHARE = 10

/** The front's own sections, as they read on a node. Its `global` is the machine's, and tells where its sockets lie. */
export function baseSections(text: string, shared: SharedValues): (facts: NodeFacts) => Section[] {
  let last: { key: string; sections: Section[] } | null = null
  return ({ maps, certificates, trust, global }) => {
    const maxconn = Number(directiveOf(global, 'maxconn') ?? DEFAULT_MAXCONN)
    const socket = directiveOf(global, 'stats socket')
    const values: BaseValues = {
      ...shared,
      API_BY_NAME: /[a-z]/i.test(shared.API_ADDRESS.replace(/^\[.*\]/, '')) ? 'yes' : undefined,
      HTTPS_SUFFIX: shared.HTTPS_PORT === '443' ? undefined : `:${shared.HTTPS_PORT}`,
      MAPS: maps,
      CERTS: certificates,
      FRONT_PEM: `${certificates}/${FRONT_PEM}`,
      FRONT_CA: trust?.ca ?? '',
      FRONT_CRL: trust?.crl,
      RUN: socket?.startsWith('/') ? folderOf(socket) : DEFAULT_RUN_FOLDER,
      MAXCONN: String(maxconn),
      WORKER_USER: directiveOf(global, 'user'),
      ROUTE_MAXCONN: String(Math.max(1, Math.floor(maxconn / ROUTE_SHARE))),
    }
    const key = JSON.stringify(values)
    if (last?.key !== key) {
      const sections = parseConfiguration(renderBase(text, values)).sections.filter(({ kind }) => kind !== 'global')
      last = { key, sections }
    }
    return last.sections
  }
}

/** The first word after the directive. */
function directiveOf(section: Section | undefined, directive: string): string | undefined {
  const line = section?.lines.map((each) => each.trim()).find((each) => each.startsWith(`${directive} `))
  return line
    ?.slice(directive.length + 1)
    .trim()
    .split(/\s+/)[0]
}
