import fc from 'fast-check'

/** Options of an HTTP route that fit each other, of every kind and in every combination. */
export interface RandomOptions {
  check: boolean | { path: string; intervalSeconds: number; expectStatus: number | null }
  pathPrefix?: string
  stripPrefix?: boolean
  servers?: { url: string; weight?: number; backup?: boolean }[]
  balance?: 'roundrobin' | 'leastconn' | 'source' | 'random'
  sticky?: boolean | { cookie: string }
  timeouts?: { connectSeconds?: number; responseSeconds?: number; tunnelSeconds?: number }
  hostHeader?: string
  requestHeaders?: Record<string, string | null>
  responseHeaders?: Record<string, string | null>
  redirectToHttps?: boolean
  hsts?: boolean | { maxAgeSeconds: number }
  allowFrom?: string[]
  rateLimit?: { requests: number; seconds: number; by?: 'client' | 'route' }
  basicAuth?: { users: { user: string; password: string }[]; realm?: string }
  maxConcurrent?: number
  maintenance?: boolean | { message?: string; retryAfterSeconds?: number }
}

const printable = (maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength,
  })
const visible = (minLength: number, maxLength: number, without = '') =>
  fc.string({
    unit: fc
      .integer({ min: 0x21, max: 0x7e })
      .map((code) => String.fromCharCode(code))
      .filter((char) => !without.includes(char)),
    minLength,
    maxLength,
  })
const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 1 })

const headerChanges = fc
  .uniqueArray(
    fc.tuple(
      fc.stringMatching(/^X-T-[A-Za-z0-9_-]{1,12}$/),
      fc.option(
        printable(60)
          .map((text) => text.trim())
          .filter((text) => text !== ''),
        { freq: 4 },
      ),
    ),
    { maxLength: 4, selector: ([name]) => name.toLowerCase().replaceAll('_', '-') },
  )
  .map((entries) => Object.fromEntries(entries))

const segment = fc.stringMatching(/^[A-Za-z0-9._~@+:,=-]{1,8}$/).filter((text) => text !== '.' && text !== '..')
const network = fc.oneof(
  fc.ipV4().map((address) => `${address}/32`),
  fc.ipV6(),
  fc.constantFrom('127.0.0.0/8', '10.0.0.0/8', '::1', '2001:db8::/32'),
)

const message = fc.oneof(
  printable(60),
  fc.string({ unit: fc.constantFrom('a', ' ', '<', '&', '%', 'é', '€', '😀'), minLength: 1, maxLength: 40 }),
)

/** `others`: URLs of servers besides the first. */
export const randomOptions = (others: string[]): fc.Arbitrary<RandomOptions> =>
  fc
    .record({
      check: fc.oneof(
        fc.boolean(),
        fc.record({
          path: fc.stringMatching(/^\/[A-Za-z0-9/._~!*+,:=@?&-]{0,20}$/),
          intervalSeconds: fc.integer({ min: 60, max: 3_600 }),
          expectStatus: fc.constantFrom(null, 200),
        }),
      ),
      prefix: rarely(fc.tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.boolean())),
      servers: fc.array(fc.record({ weight: fc.integer({ min: 1, max: 256 }), backup: fc.boolean() }), {
        maxLength: others.length,
      }),
      balance: rarely(
        fc.constantFrom('roundrobin' as const, 'leastconn' as const, 'source' as const, 'random' as const),
      ),
      sticky: rarely(fc.oneof(fc.constant(true), fc.record({ cookie: fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/) }))),
      timeouts: rarely(
        fc.record(
          {
            connectSeconds: fc.integer({ min: 20, max: 60 }),
            responseSeconds: fc.integer({ min: 20, max: 3_600 }),
            tunnelSeconds: fc.integer({ min: 20, max: 86_400 }),
          },
          { requiredKeys: ['responseSeconds'] },
        ),
      ),
      hostHeader: rarely(fc.stringMatching(/^[a-z][a-z0-9]{0,10}\.test(:[1-9][0-9]{0,3})?$/)),
      requestHeaders: rarely(headerChanges),
      responseHeaders: rarely(headerChanges),
      redirectToHttps: rarely(fc.boolean()),
      hsts: rarely(fc.oneof(fc.boolean(), fc.record({ maxAgeSeconds: fc.integer({ min: 0, max: 63_072_000 }) }))),
      allowFrom: rarely(fc.uniqueArray(network, { minLength: 1, maxLength: 60 })),
      rateLimit: rarely(
        fc.record({
          requests: fc.integer({ min: 1, max: 6 }),
          seconds: fc.integer({ min: 600, max: 3_600 }),
          by: fc.constantFrom('client' as const, 'route' as const),
        }),
      ),
      basicAuth: rarely(
        fc.record({
          users: fc.uniqueArray(
            fc.record({ user: visible(1, 20, ':'), password: printable(20).map((text) => `${text}-at-least`) }),
            { minLength: 1, maxLength: 4, selector: ({ user }) => user },
          ),
          realm: fc.stringMatching(/^[A-Za-z0-9 ._:,!()-]{1,20}$/),
        }),
      ),
      maxConcurrent: rarely(fc.integer({ min: 5, max: 100_000 })),
      maintenance: fc.oneof(
        { weight: 6, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.boolean() },
        {
          weight: 1,
          arbitrary: fc.record({ message, retryAfterSeconds: fc.integer({ min: 1, max: 86_400 }) }),
        },
      ),
    })
    .map(({ prefix, servers, sticky, ...options }) => {
      const named = servers.map((server, i) => ({ url: others[i] ?? '', ...server }))
      const mayStick = named.some(({ backup }) => !backup) && options.balance !== 'source'
      return withoutUndefined({
        ...options,
        ...(prefix && { pathPrefix: `/${prefix[0].join('/')}`, stripPrefix: prefix[1] }),
        ...(named.length > 0 && { servers: named }),
        ...(sticky !== undefined && mayStick && { sticky }),
      })
    })

const withoutUndefined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
