import { base64url } from 'jose'
import { Account, Authorization, Challenge, Order, Orders, RenewalInfo } from './answers.ts'
import { type AcmeAnswer, type AcmeConnection, read, type Signer } from './connection.ts'
import { type AccountKey, boundTo, type ExternalAccount } from './jws.ts'
import { AcmeProblem } from './problem.ts'

export interface Registration {
  /** An address for the server's mails; none is needed. */
  email: string | null
  external: ExternalAccount | null
}

/** What was answered, and when the server wants to be asked again. */
export interface Polled<T> {
  value: T
  retryAfterMs: number | null
}

/** The calls of RFC 8555 in the name of one account. It decides nothing and keeps nothing. */
export interface AcmeClient {
  newOrder(name: string, replaces: string | null): Promise<string>
  /** One that is open for this name, where the server lists an account's orders: its URL. */
  openOrder(name: string): Promise<string | null>
  order(url: string): Promise<Polled<Order>>
  authorization(url: string): Promise<Polled<Authorization>>
  /** Tells the server that it may look. */
  answer(challengeUrl: string): Promise<Challenge>
  finalize(url: string, csr: Uint8Array): Promise<Polled<Order>>
  /** The chain, as PEM. */
  certificate(url: string): Promise<string>
  /** The certificate as DER, and a reason of RFC 5280 5.3.1. */
  revoke(certificate: Uint8Array, reason: number): Promise<void>
}

/** Registers the key, or finds what was registered with it: asked again, the server says the same. Gives the account's URL. */
export async function register(
  connection: AcmeConnection,
  key: AccountKey,
  { email, external }: Registration,
  signal: AbortSignal,
): Promise<string> {
  const { newAccount, meta } = await connection.directory(signal)
  if (meta?.externalAccountRequired && external === null) {
    throw new AcmeProblem(
      'externalAccountRequired',
      'This ACME server needs an external account: set ACME_EAB_KEY_ID and ACME_EAB_HMAC_KEY to what it gave you',
    )
  }
  const payload = {
    termsOfServiceAgreed: true,
    ...(email !== null && { contact: [`mailto:${email}`] }),
    ...(external !== null && { externalAccountBinding: await boundTo(external, key, newAccount) }),
  }
  return location(await connection.post(newAccount, payload, { key, kid: null }, signal))
}

export function acmeClient(
  connection: AcmeConnection,
  signer: Signer & { kid: string },
  signal: AbortSignal,
): AcmeClient {
  const post = (url: string, payload: object | null) => connection.post(url, payload, signer, signal)
  const ask = async (url: string) => post(url, null)

  return {
    async newOrder(name, replaces) {
      const { newOrder, renewalInfo } = await connection.directory(signal)
      const identifiers = [{ type: 'dns', value: name }]
      const withReplaced = renewalInfo !== undefined && replaces !== null
      try {
        return location(await post(newOrder, { identifiers, ...(withReplaced && { replaces }) }))
      } catch (error) {
        // An order that came to nothing may count as the replacement, and then there can be no second one.
        if (!withReplaced || !refusesReplacement(error)) throw error
        return location(await post(newOrder, { identifiers }))
      }
    },

    async openOrder(name) {
      const account = read(Account, await post(signer.kid, {}))
      if (account.orders === undefined) return null
      const { orders } = read(Orders, await ask(account.orders))
      // The newest of them may stand at either end.
      for (const url of [...orders.slice(0, FEW), ...orders.slice(FEW).slice(-FEW)]) {
        const order = read(Order, await ask(url))
        const isSame = order.identifiers.length === 1 && order.identifiers[0]?.value === name
        if (isSame && order.status !== 'invalid' && order.status !== 'valid') return url
      }
      return null
    },

    order: async (url) => polled(Order, await ask(url)),
    authorization: async (url) => polled(Authorization, await ask(url)),
    answer: async (url) => read(Challenge, await post(url, {})),
    finalize: async (url, csr) => polled(Order, await post(url, { csr: base64url.encode(csr) })),
    certificate: async (url) => (await ask(url)).text,

    async revoke(certificate, reason) {
      const { revokeCert } = await connection.directory(signal)
      await post(revokeCert, { certificate: base64url.encode(certificate), reason }).catch((error) => {
        if (!(error instanceof AcmeProblem && error.type === 'alreadyRevoked')) throw error
      })
    },
  }
}

const FEW = 50

/** When the server would like this certificate to be renewed (RFC 9773 4.2), as it says to anybody. */
export async function renewalWindow(
  connection: AcmeConnection,
  certificateId: string,
  signal: AbortSignal,
): Promise<Polled<{ startMs: number; endMs: number }> | null> {
  const { renewalInfo } = await connection.directory(signal)
  if (renewalInfo === undefined) return null
  const { value, retryAfterMs } = polled(
    RenewalInfo,
    await connection.get(`${renewalInfo.replace(/\/$/, '')}/${certificateId}`, signal),
  )
  const { start, end } = value.suggestedWindow
  return { value: { startMs: Date.parse(start), endMs: Date.parse(end) }, retryAfterMs }
}

const polled = <T>(schema: Parameters<typeof read<T>>[0], answer: AcmeAnswer): Polled<T> => ({
  value: read(schema, answer),
  retryAfterMs: answer.retryAfterMs,
})

const refusesReplacement = (error: unknown): boolean =>
  error instanceof AcmeProblem &&
  (error.type === 'alreadyReplaced' || error.type === 'malformed' || error.status === 409)

function location({ headers }: AcmeAnswer): string {
  const url = headers.get('location')
  if (url === null || !URL.canParse(url)) throw new AcmeProblem('malformedAnswer', 'The server did not say where it is')
  return url
}
