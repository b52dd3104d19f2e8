/** What `haproxy/haproxy.cfg` leaves open. Ports and numbers as text, as they come out of an environment. */
export interface BaseValues {
  /** The address of the listeners; not a name, and not `*`. */
  BIND: string
  HTTP_PORT: string
  HTTPS_PORT: string
  /** What stands behind a host where HTTPS has another port than 443: `:8443`. */
  HTTPS_SUFFIX?: string
  MONGO_PORT: string
  STATS_PORT: string
  API_HOST: string
  /** Where unknown hosts are nobody's, whatever backend takes all others. */
  APPS_DOMAIN: string
  MONGODB_DOMAIN: string
  /** The front's own API: host:port. */
  API_ADDRESS: string
  /** Anything, where that is a name rather than an address: it is looked up again while HAProxy runs. */
  API_BY_NAME?: string
  /** The node's folder of maps. */
  MAPS: string
  /** The node's folder of certificates with their keys; at least one must be in it. */
  CERTS: string
  /** The front's certificate and key, which agents are shown. */
  FRONT_PEM: string
  /** The CAs that agents are verified by. */
  FRONT_CA: string
  /** The node's folder for sockets. */
  RUN: string
  MAXCONN: string
  /** Who the workers run as, where the master is somebody else: its sockets must be theirs. */
  WORKER_USER?: string
  /** How many requests of one route may run at a time. */
  ROUTE_MAXCONN: string
  /** user:password of the page of figures; without it the page is for the node itself alone. */
  STATS_AUTH?: string
  /** Where HAProxy sends its log to as well, by UDP. */
  LOG_ADDRESS?: string
  /** Revocation lists of all CAs. One that has expired makes HAProxy refuse all agents. */
  FRONT_CRL?: string
}

const ADDRESS = /^[0-9A-Fa-f.:]+$/
/** Compared with hosts in lower case. */
const NAME = /^[a-z0-9.-]+$/
const NUMBER = /^[1-9][0-9]{0,6}$/
const PORT = /^[1-9][0-9]{0,4}$/
const PATH = /^\/[A-Za-z0-9._/@+=~-]+$/

/** Nothing that fits can end the word that it stands in, or be more than the one thing that it should be. */
const SHAPES: Record<keyof BaseValues, RegExp> = {
  BIND: ADDRESS,
  HTTP_PORT: PORT,
  HTTPS_PORT: PORT,
  HTTPS_SUFFIX: /^:[1-9][0-9]{0,4}$/,
  MONGO_PORT: PORT,
  STATS_PORT: PORT,
  API_HOST: NAME,
  APPS_DOMAIN: NAME,
  MONGODB_DOMAIN: NAME,
  API_ADDRESS: /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[1-9][0-9]{0,4}$/,
  API_BY_NAME: /^yes$/,
  MAPS: PATH,
  CERTS: PATH,
  FRONT_PEM: PATH,
  FRONT_CA: PATH,
  RUN: PATH,
  MAXCONN: NUMBER,
  WORKER_USER: NAME,
  ROUTE_MAXCONN: NUMBER,
  STATS_AUTH: /^[A-Za-z0-9._~-]+:[A-Za-z0-9._~!@*+=:/-]+$/,
  LOG_ADDRESS: /^\d{1,3}(?:\.\d{1,3}){3}:[1-9][0-9]{0,4}$/,
  FRONT_CRL: PATH,
}

/**
 * The configuration with its values in place, as HAProxy itself would read it with them in its environment: lines
 * between `.if defined(NAME)`, `.else` and `.endif` stay or go, and so do the quotes around values. HAProxy's own
 * variables (HAPROXY_…) are left to it.
 */
export function renderBase(text: string, values: BaseValues): string {
  const checked = checkedValues(values)
  const lines = chosenLines(text, (name) => checked.has(name)).map((line) => renderLine(line, checked))
  return lines.join('\n')
}

function checkedValues(values: BaseValues): Map<string, string> {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  for (const [name, value] of given) {
    const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name as keyof BaseValues] : null
    if (!shape) throw new Error(`HAProxy's configuration has no value ${name}`)
    // The value is left out: it may be a password.
    if (!shape.test(value)) throw new Error(`The value ${name} cannot stand in HAProxy's configuration`)
  }
  return new Map(given)
}

function chosenLines(text: string, defined: (name: string) => boolean): string[] {
  const open: boolean[] = []
  const chosen: string[] = []
  for (const line of text.split('\n')) {
    const condition = /^\s*\.if defined\((\w+)\)\s*$/.exec(line)?.[1]
    if (condition) open.push(defined(condition))
    else if (/^\s*\.else\s*$/.test(line)) open.push(!open.pop())
    else if (/^\s*\.endif\s*$/.test(line)) open.pop()
    else if (open.every((each) => each)) chosen.push(line)
  }
  return chosen
}

function renderLine(line: string, values: Map<string, string>): string {
  if (/^\s*#/.test(line)) return line
  return line.replace(/"([^"\s]*\$\{[^"\s]*)"/g, (quoted, inner: string) => {
    if (inner.includes(`\${HAPROXY_`)) return quoted
    return inner.replace(/\$\{(\w+)(?:-([\w.]*))?\}/g, (_, name: string, otherwise?: string) => {
      const value = values.get(name) ?? otherwise
      if (value === undefined) throw new Error(`HAProxy's configuration needs a value for ${name}`)
      return value
    })
  })
}
