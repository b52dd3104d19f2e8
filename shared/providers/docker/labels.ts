import type { BackendInput } from '../../domain/backend.ts'

type ServerInput = BackendInput['servers'][number]
type CheckInput = Exclude<ServerInput['check'], boolean | undefined>

/** Before each of them. */
export const PREFIX = 'cloudlunacy.'

/** What a container's labels say; what is not said is left out. What is wrong is found by who parses the backend. */
export interface ContainerLabels {
  backend: Record<string, unknown>
  server: Record<string, unknown>
  network: string | undefined
  port: number | undefined
}

type Read = (text: string) => unknown

const text: Read = (value) => value
const number: Read = (value) => (/^\d{1,6}$/.test(value) ? Number(value) : value)
const boolean: Read = (value) => (value === 'true' ? true : value === 'false' ? false : value)
const list: Read = (value) =>
  value
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')

const OF_BACKEND: Record<string, Read> = {
  hosts: list,
  pathPrefixes: list,
  balance: text,
  redirectToHttps: boolean,
  hsts: boolean,
  default: boolean,
}
const OF_SERVER: Record<string, Read> = {
  weight: number,
  tls: boolean,
  tlsVerify: text,
  protocol: text,
  backup: boolean,
}
const OF_CHECK: Record<keyof CheckInput, Read> = {
  path: text,
  intervalSeconds: number,
  rise: number,
  fall: number,
  expectStatus: number,
}
const OTHERS = [
  'backend',
  'server',
  'network',
  'port',
  'check',
  ...Object.keys(OF_CHECK).map((field) => `check.${field}`),
]
const KNOWN = [...OTHERS, ...Object.keys(OF_BACKEND), ...Object.keys(OF_SERVER)]

/** The labels of the container that are for the front, without the prefix. */
export const ownLabels = (labels: Record<string, string>): Map<string, string> =>
  new Map(
    Object.entries(labels)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, value]) => [name.slice(PREFIX.length), value]),
  )

/** Those that mean nothing: most likely another was meant. */
export const unknownLabels = (own: Map<string, string>): string[] =>
  [...own.keys()].filter((name) => !KNOWN.includes(name)).map((name) => PREFIX + name)

export function readLabels(own: Map<string, string>): ContainerLabels {
  const fields = (reads: Record<string, Read>, before = '') =>
    Object.fromEntries(
      Object.entries(reads).flatMap(([field, read]) => {
        const value = own.get(before + field)
        return value === undefined ? [] : [[field, read(value)]]
      }),
    )
  const port = own.get('port')
  const name = own.get('server')
  return {
    backend: { name: own.get('backend'), ...fields(OF_BACKEND) },
    server: {
      ...(name !== undefined && { name }),
      ...fields(OF_SERVER),
      ...checkOf(own.get('check'), fields(OF_CHECK, 'check.')),
    },
    network: own.get('network'),
    port: port === undefined ? undefined : (number(port) as number),
  }
}

/** `check` alone says whether; `check.path` and the others say how. */
function checkOf(whether: string | undefined, how: Record<string, unknown>): { check?: unknown } {
  if (Object.keys(how).length > 0 && whether !== 'false') return { check: how }
  return whether === undefined ? {} : { check: boolean(whether) }
}
