import { base64url } from 'jose'
import type { Kv } from '../kv/kv.ts'
import { sleep } from '../lib/sleep.ts'
import { utf8 } from '../pki/bytes.ts'
import type { Challenge } from './answers.ts'
import type { DnsProofs, SeesText } from './dns/provider.ts'
import { type AccountKey, keyAuthorization } from './jws.ts'
import { AcmeProblem } from './problem.ts'
import { type ChallengeRecord, challengeKey, type TextRecord } from './records.ts'

type ChallengeKind = 'http-01' | 'dns-01'

/** Answers to challenges, shown where the server looks for them. */
export interface Proofs {
  kindFor(name: string): ChallengeKind
  /** What is about to be written into the zone, to be remembered first; null where nothing is. */
  textOf(name: string, challenge: Challenge, key: AccountKey): Promise<TextRecord | null>
  /** Comes back when it can be seen from everywhere. */
  show(challenge: Challenge, text: TextRecord | null, key: AccountKey, signal: AbortSignal): Promise<void>
  hide(challenge: Challenge | null, text: TextRecord | null, signal: AbortSignal): Promise<void>
}

export interface ProofsOptions {
  kv: Kv
  /** `null`: only names without a wildcard can be proved. */
  dns: DnsProofs | null
  /** Of the front's own zone: what else is proved by DNS where that is possible. */
  ownNames: readonly string[]
  /** Brings the answer to every HAProxy that can be reached. */
  publish(token: string, answer: string | null): Promise<void>
}

/** A front that died does not leave answers behind for long. */
const ANSWER_SECONDS = 3_600
const DNS_LIMIT_MS = 300_000
const DNS_PAUSES_MS = { first: 250, longest: 10_000 }

export function createProofs({ kv, dns, ownNames, publish }: ProofsOptions): Proofs {
  const awaitText = async ({ name, value }: TextRecord, sees: SeesText, signal: AbortSignal) => {
    let waitedMs = 0
    for (let pauseMs = DNS_PAUSES_MS.first; ; pauseMs = Math.min(2 * pauseMs, DNS_PAUSES_MS.longest)) {
      signal.throwIfAborted()
      if (await sees(name, value)) return
      if (waitedMs > DNS_LIMIT_MS) {
        throw new AcmeProblem('dns', `The TXT record ${name} was written, but its name servers do not show it`)
      }
      await sleep(pauseMs, signal)
      waitedMs += pauseMs
    }
  }

  return {
    kindFor: (name) => (name.startsWith('*.') || (dns !== null && ownNames.includes(name)) ? 'dns-01' : 'http-01'),

    async textOf(name, challenge, key) {
      if (challenge.type !== 'dns-01') return null
      const answer = await keyAuthorization(tokenOf(challenge), key)
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(answer)))
      const asked = `_acme-challenge.${name.replace(/^\*\./, '')}`
      return { name: (await dns?.leadsTo(asked)) ?? asked, value: base64url.encode(digest) }
    },

    async show(challenge, text, key, signal) {
      if (text !== null) {
        if (dns === null)
          throw new AcmeProblem('dns', 'No DNS provider is set: a wildcard cannot be proved without one')
        await dns.provider.set(text.name, text.value, signal)
        return awaitText(text, dns.sees, signal)
      }
      const token = tokenOf(challenge)
      const value: ChallengeRecord = { answer: await keyAuthorization(token, key) }
      await kv.commit([], [{ key: challengeKey(token), value, expiresInSeconds: ANSWER_SECONDS }])
      await publish(token, value.answer)
    },

    async hide(challenge, text, signal) {
      if (text !== null) await dns?.provider.remove(text.name, text.value, signal)
      if (challenge?.type !== 'http-01') return
      await kv.commit([], [{ key: challengeKey(tokenOf(challenge)), delete: true }])
      await publish(tokenOf(challenge), null)
    },
  }
}

function tokenOf({ token }: Challenge): string {
  if (token === undefined) throw new AcmeProblem('malformedAnswer', 'The challenge has no token')
  return token
}
