/** Tells a webhook what is wrong, each once, and when it is right again. */
import type { Write } from '../kv/kv.ts'
import { withLease } from '../kv/lease.ts'
import { listAll } from '../kv/list-all.ts'
import { signatureOf } from '../lib/signature.ts'
import type { Log } from '../log/log.ts'
import { decide } from './decide.ts'
import { type Observed, observe } from './observe.ts'
import {
  ALERT_LEASE,
  ALERT_OUTBOX,
  ALERT_STATES,
  type Alert,
  type AlertState,
  outboxKey,
  stateKey,
  type Waiting,
} from './records.ts'

/** What an entry brings. */
export interface AlertPlatform {
  url: string
  secret: string
  fetch: (request: Request) => Promise<Response>
}

export interface Alerts {
  /** Looks what is wrong, and tells what waits. One front at a time. */
  maintain(): Promise<void>
  /** Sends one now. Says what the webhook answered; `null`: nothing. */
  test(): Promise<number | null>
}

export interface AlertsOptions extends Observed {
  platform: AlertPlatform
  log: Log
  newId: () => string
}

const LOOK_EVERY_MS = 10_000
const ANSWER_LIMIT_MS = 10_000
const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 3_600_000
const GIVEN_UP_AFTER_MS = 24 * 3_600_000
/** More are dropped, the oldest first. */
const MOST_WAITING = 1_000
/** So many are sent in one pass. */
const MOST_A_PASS = 20

export function createAlerts(options: AlertsOptions): Alerts {
  const { kv, platform, log, now, newId } = options
  let lookedAtMs = Number.NEGATIVE_INFINITY

  const post = async (alert: Alert): Promise<number | null> => {
    const body = JSON.stringify(alert)
    const signature = await signatureOf(body, { secret: platform.secret, nowMs: now() })
    const headers = { 'content-type': 'application/json', 'x-front-signature': signature }
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS)
    try {
      const request = new Request(platform.url, { method: 'POST', headers, body, signal, redirect: 'manual' })
      const response = await platform.fetch(request)
      await response.body?.cancel()
      return response.status
    } catch {
      return null
    }
  }

  const alertOf = (of: Pick<Alert, 'kind' | 'state' | 'subject' | 'reason'>, sinceMs: number): Alert => {
    const [since, at] = [sinceMs, now()].map((ms) => new Date(ms).toISOString())
    return { id: newId(), ...of, since: since ?? '', at: at ?? '' }
  }

  const look = async (signal: AbortSignal) => {
    const seen = new Map((await observe(options)).map((condition) => [stateKey(condition), condition]))
    const before = new Map<string, { value: AlertState; version: number }>()
    for await (const { key, ...entry } of listAll<AlertState>(kv, ALERT_STATES)) before.set(key, entry)
    for (const key of new Set([...seen.keys(), ...before.keys()])) {
      if (signal.aborted) return
      const known = before.get(key)
      const change = decide(known?.value ?? null, seen.get(key) ?? null, now())
      if (!change) continue
      const writes: Write[] = [change.after ? { key, value: change.after } : { key, delete: true }]
      const about = change.after ?? known?.value
      if (change.tell && about) {
        const { kind, subject, reason, sinceMs } = about
        const alert = alertOf({ kind, state: change.tell, subject, reason }, sinceMs)
        const waiting: Waiting = { alert, tries: 0, nextTryAtMs: now(), givenUpAtMs: now() + GIVEN_UP_AFTER_MS }
        writes.push({ key: outboxKey(now(), alert.id), value: waiting })
      }
      await kv.commit([{ key, version: known?.version ?? null }], writes)
    }
  }

  const send = async (signal: AbortSignal) => {
    const waiting = []
    for await (const entry of listAll<Waiting>(kv, ALERT_OUTBOX)) waiting.push(entry)
    const tooMany = waiting.slice(0, Math.max(waiting.length - MOST_WAITING, 0))
    const due = waiting.slice(tooMany.length).filter(({ value }) => value.nextTryAtMs <= now())
    for (const { key } of tooMany) await kv.commit([], [{ key, delete: true }])
    for (const { key, value, version } of due.slice(0, MOST_A_PASS)) {
      if (signal.aborted) return
      const status = await post(value.alert)
      const isTold = status !== null && status >= 200 && status < 300
      const isOver = !isTold && now() >= value.givenUpAtMs
      if (isOver) log.warn('An alert was not taken for a day: it is given up', { kind: value.alert.kind, status })
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(value.tries, 20), LONGEST_PAUSE_MS)
      const again = { ...value, tries: value.tries + 1, nextTryAtMs: now() + pauseMs }
      await kv.commit([{ key, version }], [isTold || isOver ? { key, delete: true } : { key, value: again }])
      // The others would fail as well.
      if (!isTold) return
    }
  }

  return {
    async maintain() {
      if (now() - lookedAtMs < LOOK_EVERY_MS) return
      lookedAtMs = now()
      const pass = async (signal: AbortSignal) => {
        await look(signal)
        await send(signal)
      }
      await withLease({ kv, key: ALERT_LEASE, holder: newId() }, pass, new AbortController().signal)
    },

    test: () =>
      post(alertOf({ kind: 'test', state: 'test', subject: 'front', reason: 'Somebody asked for it' }, now())),
  }
}
