import { sleep } from '../lib/sleep.ts'
import type { Authorization, Challenge, Order } from './answers.ts'
import type { AcmeClient, Polled } from './client.ts'
import type { AccountKey } from './jws.ts'
import { AcmeProblem } from './problem.ts'
import type { Proofs } from './proofs.ts'
import type { OrderRecord, TextRecord } from './records.ts'

/** What carries an order on: each step is kept before the next one is taken. */
export interface OrderSteps {
  client: AcmeClient
  proofs: Proofs
  accountKey: AccountKey
  /** What the certificate shall replace, as the server knows it. */
  replaces: string | null
  /** Keeps what is known of the order; fails when it is not ours any more. */
  keep(order: OrderRecord): Promise<void>
  /** The request for this name, signed with the order's key. */
  csr(): Promise<Uint8Array>
  signal: AbortSignal
}

/** The server is not done with it: the order stays, and is looked at again. */
export class StillWaiting extends Error {
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super('The server is not done with the order yet')
    this.retryAfterMs = retryAfterMs
  }
}

/** Asking again where the server does not say when. */
const PAUSES_MS = { first: 250, longest: 10_000 }
const PATIENCE_MS = 120_000
const MOST_STEPS = 20

/**
 * From wherever the order stands to its certificate, as PEM. What the server says is what counts: so it does not matter
 * where another front has left it. `wasBegun`: somebody may have asked for it already, and died before the answer.
 */
export async function carryOut(
  name: string,
  begun: OrderRecord,
  { wasBegun }: { wasBegun: boolean },
  steps: OrderSteps,
): Promise<string> {
  const { client, keep, signal } = steps
  const url = begun.url ?? (await place(name, wasBegun, steps))
  const record = { ...begun, url }
  if (begun.url === null) await keep(record)
  const order = () => client.order(url)

  let { value, retryAfterMs } = await order()
  for (let step = 1; step <= MOST_STEPS; step++) {
    signal.throwIfAborted()
    if (value.status === 'invalid') throw refused(value.error, `The order for ${name} came to nothing`)
    if (value.status === 'valid') return client.certificate(certificateOf(value))
    if (value.status === 'pending') {
      for (const each of value.authorizations) await authorize(each, record, steps)
      ;({ value, retryAfterMs } = await until(order, ({ status }) => status !== 'pending', signal))
    } else if (value.status === 'ready') {
      ;({ value, retryAfterMs } = await client.finalize(value.finalize, await steps.csr()))
    } else {
      await sleep(retryAfterMs ?? PAUSES_MS.first, signal)
      ;({ value, retryAfterMs } = await until(order, ({ status }) => status !== 'processing', signal))
    }
  }
  throw new AcmeProblem('malformedAnswer', `The order for ${name} does not come to an end`)
}

async function place(name: string, wasBegun: boolean, { client, replaces }: OrderSteps): Promise<string> {
  const open = wasBegun ? await client.openOrder(name) : null
  return open ?? (await client.newOrder(name, replaces))
}

async function authorize(url: string, record: OrderRecord, steps: OrderSteps): Promise<void> {
  const { client, proofs, accountKey, keep, signal } = steps
  const { value } = await client.authorization(url)
  // A front that died may have left its record in the zone.
  if (value.status === 'valid') return hidden(null, record.text, steps)
  if (value.status !== 'pending') throw failureOf(value)
  const name = nameOf(value)
  const kind = proofs.kindFor(name)
  const challenge = value.challenges.find(({ type }) => type === kind)
  if (challenge === undefined)
    throw new AcmeProblem('unsupported', `The server offers no ${kind} challenge for ${name}`)
  const text = await proofs.textOf(name, challenge, accountKey)
  if (text !== null) await keep({ ...record, text })
  try {
    await proofs.show(challenge, text, accountKey, signal)
    if (challenge.status === 'pending') await client.answer(challenge.url)
    const ask = () => client.authorization(url)
    const { value: answered } = await until(ask, ({ status }) => status !== 'pending', signal)
    if (answered.status !== 'valid') throw failureOf(answered)
  } catch (error) {
    // Whoever waits on must still be seen.
    if (error instanceof StillWaiting) throw error
    await hidden(challenge, text, steps)
    throw error
  }
  await hidden(challenge, text, steps)
}

/** What cannot be taken away does no harm: the order goes on without. */
const hidden = (challenge: Challenge | null, text: TextRecord | null, { proofs, signal }: OrderSteps) =>
  proofs.hide(challenge, text, signal).catch(() => undefined)

/** Of a wildcard the server names the rest alone (RFC 8555 7.1.4). */
const nameOf = ({ identifier, wildcard }: Authorization) => (wildcard ? `*.${identifier.value}` : identifier.value)

/** Asks until it is so, at the times that the server names. */
async function until<T>(
  ask: () => Promise<Polled<T>>,
  isDone: (value: T) => boolean,
  signal: AbortSignal,
): Promise<Polled<T>> {
  let waitedMs = 0
  for (let pauseMs = PAUSES_MS.first; ; pauseMs = Math.min(2 * pauseMs, PAUSES_MS.longest)) {
    const polled = await ask()
    if (isDone(polled.value)) return polled
    const waitMs = polled.retryAfterMs ?? pauseMs
    waitedMs += waitMs
    if (waitedMs > PATIENCE_MS || signal.aborted) throw new StillWaiting(waitMs)
    await sleep(waitMs, signal)
  }
}

function certificateOf({ certificate }: Order): string {
  if (certificate === undefined) throw new AcmeProblem('malformedAnswer', 'The order is done and has no certificate')
  return certificate
}

function failureOf({ identifier, status, challenges }: Authorization): AcmeProblem {
  const error = challenges.find((challenge) => challenge.error !== undefined)?.error
  return refused(error, `The proof for ${identifier.value} is ${status}`)
}

/** The order is over. */
export class OrderRefused extends AcmeProblem {}

function refused(error: { type: string; detail?: string | undefined } | undefined, otherwise: string): OrderRefused {
  const type = error?.type.replace(/^.*:/, '') ?? 'orderInvalid'
  return new OrderRefused(type, error?.detail ?? otherwise)
}
