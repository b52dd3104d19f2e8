import { z } from 'zod'
import { DataPlaneUrl } from '../shared/dataplane/data-plane-url.ts'
import { LABEL } from '../shared/domain/host-label.ts'
import { bareHost } from '../shared/lib/bare-host.ts'
import { LEVELS } from '../shared/log/log.ts'
import { addressKind } from '../shared/targets/address-kind.ts'
import { ACME_VARIABLES, acmeClashes } from './acme-config.ts'

const port = (fallback: number) =>
  z.string().default(String(fallback)).refine(isPort, 'must be a port from 1 to 65535').transform(Number)

const whole = (fallback: number, { least, most }: { least: number; most: number }) =>
  z
    .string()
    .default(String(fallback))
    .refine(
      (text) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most,
      `must be a whole number from ${least} to ${most}`,
    )
    .transform(Number)

const domain = z
  .string()
  .max(200)
  .regex(new RegExp(`^${LABEL}(?:\\.${LABEL})+$`), 'must be a domain in lower case, such as example.com')

const address = z.preprocess(
  (text) => (text === 'localhost' ? '127.0.0.1' : text),
  z.union([z.ipv4(), z.ipv6()], 'must be an IP address, such as 127.0.0.1 or 0.0.0.0'),
)
const addressRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])
/** A load balancer that sets forwarding headers, or one that speaks the PROXY protocol. */
const trustedProxy = z.string().refine((text) => addressRange.safeParse(text.replace(/^proxy:/, '')).success)

const secret = z
  .string()
  .min(16, 'must have at least 16 characters')
  .max(512)
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII without spaces')

const commaSeparated = (item: z.ZodType<string, string>, sentence: string) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    )
    .pipe(z.array(item, sentence))

const KvUrl = z
  .string()
  .regex(/^(?:memory:|sqlite:.+|etcds?:\/\/[^/]+)$/, 'must be memory:, sqlite:PATH or etcd://host:port,host:port')

const HOST_PORT = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[1-9][0-9]{0,4}$/
const hostPort = z
  .string()
  .regex(/^\d{1,3}(?:\.\d{1,3}){3}:[1-9][0-9]{0,4}$/, 'must be an IPv4 address and a port, such as 10.0.0.5:5140')

/** The environment table of the documentation, in its order. */
const Environment = z.object({
  PORT: port(3005),
  HOST: address.default('127.0.0.1'),
  HTTP_PORT: port(8080),
  HTTPS_PORT: port(8443),
  MONGO_PORT: port(27017),
  STATS_PORT: port(8404),
  BIND: address.default('127.0.0.1'),
  DOMAIN: domain.default('cloudlunacy.uk'),
  APPS_DOMAIN: domain.optional(),
  MONGODB_DOMAIN: domain.optional(),
  API_HOST: domain.optional(),
  API_ADDRESS: z.string().regex(HOST_PORT, 'must be host:port, as HAProxy reaches the front').optional(),
  DATA_DIR: z.string().min(1).default('./.data'),
  KV: KvUrl.optional(),
  DATAPLANE_URL: commaSeparated(
    DataPlaneUrl,
    'must be https://user:password@host:5555, several with commas',
  ).optional(),
  DATAPLANE_CA: z.string().min(1).optional(),
  REGISTRATION: z.enum(['open', 'token'], 'must be open or token').optional(),
  TRUSTED_PROXIES: commaSeparated(
    trustedProxy,
    'must be addresses or networks such as 10.0.0.0/8 or proxy:10.0.0.5, with commas',
  ).optional(),
  DNS_RESOLVER: z
    .string()
    .refine(isResolver, 'must be an address, address:port, or the https URL of a resolver that answers in JSON')
    .optional(),
  ALERT_URL: z
    .url({ protocol: /^https?$/, error: 'must be the URL of a webhook' })
    .refine(isResolver, 'must be an https URL: plain HTTP is for this machine alone')
    .optional(),
  ALERT_SECRET: secret.optional(),
  GATEWAY_FILE: z.string().min(1).optional(),
  GATEWAY_YAML: z.string().min(1).optional(),
  METRICS_TOKEN: secret.optional(),
  LOG_LISTEN: hostPort.optional(),
  LOG_ADDRESS: hostPort.optional(),
  STATS_AUTH: z
    .string()
    .regex(/^[\w.-]+:[\x21-\x7e]{8,}$/, 'must be user:password with a password of at least 8 characters')
    .optional(),
  ADMIN_TOKEN: secret.optional(),
  ENROLLMENT_TOKEN: secret.optional(),
  SECRET_KEY: secret.min(32, 'must have at least 32 characters').optional(),
  KEEP_HAPROXY: z.enum(['true', 'false'], 'must be true or false').optional(),
  /** What systemd gives to whatever it starts. */
  INVOCATION_ID: z.string().optional(),
  RECONCILE_INTERVAL_MS: whole(5_000, { least: 100, most: 3_600_000 }),
  SETTLE_INTERVAL_MS: whole(1_000, { least: 50, most: 3_600_000 }),
  JWT_TTL_SECONDS: whole(3_600, { least: 60, most: 86_400 }),
  AUDIT_DAYS: whole(90, { least: 1, most: 3_650 }),
  ROUTES_PER_AGENT: whole(10_000, { least: 1, most: 1_000_000 }),
  AGENT_WRITES_PER_MINUTE: whole(6_000, { least: 1, most: 10_000_000 }),
  LOG_LEVEL: z.enum(LEVELS, `must be one of ${LEVELS.join(', ')}`).default('info'),
  ...ACME_VARIABLES,
  TARGET_POLICY: z.enum(['public', 'private', 'loopback'], 'must be public, private or loopback').optional(),
})

export type Config = ReturnType<typeof complete>

export const SECRET_VARIABLES = [
  'ACME_DNS_SECRET',
  'ACME_EAB_HMAC_KEY',
  'ADMIN_TOKEN',
  'ALERT_SECRET',
  'DATAPLANE_URL',
  'ENROLLMENT_TOKEN',
  'KV',
  'METRICS_TOKEN',
  'SECRET_KEY',
  'STATS_AUTH',
] as const

/** All that is wrong with the environment, one sentence for each variable. Values are not repeated: some are secrets. */
export class ConfigError extends Error {
  readonly mistakes: string[]

  constructor(mistakes: string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

export function parseConfig(env: Record<string, string | undefined>): Config {
  // What is set to nothing, as compose files do, is not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = Environment.safeParse(given)
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`))
  }
  const config = complete(parsed.data)
  const clashes = [
    ...portClashes(config),
    ...domainClashes(config),
    ...gatewayClash(config),
    ...alertClash(config),
    ...acmeClashes(config),
  ]
  if (clashes.length > 0) throw new ConfigError(clashes)
  return config
}

function complete(env: z.output<typeof Environment>) {
  return {
    ...env,
    APPS_DOMAIN: env.APPS_DOMAIN ?? `apps.${env.DOMAIN}`,
    MONGODB_DOMAIN: env.MONGODB_DOMAIN ?? `mongodb.${env.DOMAIN}`,
    API_HOST: env.API_HOST ?? `front.${env.DOMAIN}`,
    KEEP_HAPROXY: env.KEEP_HAPROXY === undefined ? env.INVOCATION_ID !== undefined : env.KEEP_HAPROXY === 'true',
    LOG_ADDRESS: env.LOG_ADDRESS ?? env.LOG_LISTEN,
    API_ADDRESS: env.API_ADDRESS ?? `${reachableAt(env.HOST)}:${env.PORT}`,
  }
}

/** From the same machine. */
function reachableAt(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function portClashes(config: Config): string[] {
  const seen = new Map<number, string>()
  return (['PORT', 'HTTP_PORT', 'HTTPS_PORT', 'MONGO_PORT', 'STATS_PORT'] as const).flatMap((name) => {
    const other = seen.get(config[name])
    seen.set(config[name], name)
    return other ? [`${name} must differ from ${other}: both are ${config[name]}`] : []
  })
}

const gatewayClash = ({ GATEWAY_YAML, GATEWAY_FILE }: Config): string[] =>
  GATEWAY_YAML === undefined || GATEWAY_FILE === undefined
    ? []
    : ['GATEWAY_YAML and GATEWAY_FILE are both set: keep one']

const alertClash = ({ ALERT_URL, ALERT_SECRET }: Config): string[] =>
  (ALERT_URL === undefined) === (ALERT_SECRET === undefined)
    ? []
    : ['ALERT_URL and ALERT_SECRET are needed together: what is told is signed']

/** A name in one of them could otherwise be a name in another. */
function domainClashes(config: Config): string[] {
  const names = ['APPS_DOMAIN', 'MONGODB_DOMAIN', 'API_HOST'] as const
  return names.flatMap((inner) =>
    names
      .filter((outer) => outer !== inner && `.${config[inner]}`.endsWith(`.${config[outer]}`))
      .filter((outer) => config[inner] !== config[outer] || inner < outer)
      .map((outer) => `${inner} must not lie in ${outer}: ${config[inner]} is in ${config[outer]}`),
  )
}

/** An address, or a URL: http only for what is near. */
function isResolver(text: string): boolean {
  if (/^[\w.:[\]-]+$/.test(text)) return true
  const url = URL.parse(text)
  return (
    url !== null &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && addressKind(bareHost(url.hostname)) === 'loopback'))
  )
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}
