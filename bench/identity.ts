import { base64url, jwtVerify, SignJWT } from 'jose'
import { checkKey, newAgentKey, storeKey } from '../shared/identity/agent-key.ts'
import { type FewAtOnce, fewAtOnce } from '../shared/identity/few-at-once.ts'
import { createAgentTokens } from '../shared/identity/jwt.ts'
import { keyedHash } from '../shared/identity/keyed-hash.ts'
import type { Vault } from '../shared/identity/signing-key.ts'
import { createSigningKeys, type SigningKeys } from '../shared/identity/signing-keys.ts'
import { memoryKv } from '../shared/kv/memory.ts'
import { compare, microsEach, print } from './measure.ts'

const ISSUER = 'https://front.example.com'
const AUDIENCE = 'cloudlunacy-front'
const TTL_SECONDS = 3_600
const SUBJECT = { agentId: 'agent-0001', incarnation: 'AAAAAAAAAAAAAAAAAAAAAA', tokenVersion: 1 }
/** Nothing is sealed while it is measured. */
const OPEN_VAULT: Vault = {
  seal: async (_, plain) => base64url.encode(plain),
  open: async (_, sealed) => new Uint8Array(base64url.decode(sealed)),
}
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

/** Tokens beside jose alone with the same claims and checks; agents' keys beside one HMAC. */
export async function run(): Promise<void> {
  const kv = memoryKv()
  try {
    const keys = createSigningKeys({ kv, vault: OPEN_VAULT, now: Date.now, tokenTtlSeconds: TTL_SECONDS })
    await benchTokens(keys)
    await benchKeys()
    await benchFlood()
  } finally {
    await kv.close()
  }
}

async function benchTokens(keys: SigningKeys): Promise<void> {
  const tokens = createAgentTokens({ keys, issuer: ISSUER, audience: AUDIENCE, now: Date.now, random })
  const { publicKey } = await keys.current()
  const token = await tokens.issueToken(SUBJECT)
  const checks = { algorithms: ['ES256'], issuer: ISSUER, audience: AUDIENCE, typ: 'agent+jwt', clockTolerance: 5 }
  print(
    'verify a token',
    await compare([
      { name: 'jose, the key at hand', round: () => microsEach(500, () => jwtVerify(token, publicKey, checks)) },
      { name: 'verifyToken', round: () => microsEach(500, () => tokens.verifyToken(token)) },
    ]),
  )
  const sign = await bareSign(keys)
  print(
    'issue a token',
    await compare([
      { name: 'jose, the key at hand', round: () => microsEach(500, sign) },
      { name: 'issueToken', round: () => microsEach(500, () => tokens.issueToken(SUBJECT)) },
    ]),
  )
}

async function bareSign(keys: SigningKeys): Promise<() => Promise<string>> {
  const { kid, privateKey } = await keys.current()
  return () =>
    new SignJWT({ inc: SUBJECT.incarnation, ver: SUBJECT.tokenVersion })
      .setProtectedHeader({ alg: 'ES256', typ: 'agent+jwt', kid })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(SUBJECT.agentId)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setNotBefore('0s')
      .setExpirationTime(`${TTL_SECONDS}s`)
      .sign(privateKey)
}

async function benchKeys(): Promise<void> {
  const hash = await keyedHash('a secret key')
  const deps = { hash, random, fewAtOnce: fewAtOnce() }
  const [made, chosen] = [newAgentKey(random), 'correct horse battery staple']
  const [storedMade, storedChosen] = [await storeKey(made, deps), await storeKey(chosen, deps)]
  print(
    'check an agent’s key',
    await compare([
      { name: 'HMAC-SHA-256 alone', round: () => microsEach(500, () => hash('agent-key', made)) },
      { name: 'of 256 bits', round: () => microsEach(500, () => checkKey(made, storedMade, deps)) },
      { name: 'of 256 bits, unknown agent', round: () => microsEach(500, () => checkKey(made, null, deps)) },
      { name: 'chosen', round: () => microsEach(3, () => checkKey(chosen, storedChosen, deps)) },
      { name: 'chosen, unknown agent', round: () => microsEach(3, () => checkKey(chosen, null, deps)) },
    ]),
  )
}

/** What a flood of guesses does to the logins of others: each of the guessers has one guess under way all the time. */
async function benchFlood(): Promise<void> {
  const hash = await keyedHash('a secret key')
  const quiet = { hash, random, fewAtOnce: fewAtOnce() }
  const key = newAgentKey(random)
  const stored = await storeKey(key, quiet)
  const during = (name: string, guessers: number, inTurn: FewAtOnce, count: number) => ({
    name,
    round: async () => {
      const endFlood = startFlood(guessers, () => checkKey('a guess', null, { hash, fewAtOnce: inTurn }))
      const micros = await microsEach(count, () => checkKey(key, stored, quiet))
      await endFlood()
      return micros
    },
  })
  const unbounded: FewAtOnce = (work) => work()
  const contestants = [
    during('nobody guesses', 0, unbounded, 500),
    during('20 guess, 2 at a time', 20, fewAtOnce(), 500),
    during('20 guess, all at a time', 20, unbounded, 2),
  ]
  print('check a key of 256 bits while others guess chosen ones', await compare(contestants, 7))
}

function startFlood(guessers: number, guess: () => Promise<unknown>): () => Promise<unknown> {
  let ended = false
  const guessAndGuess = async () => {
    while (!ended) await guess().catch(() => new Promise((resolve) => setTimeout(resolve, 1)))
  }
  const flood = Array.from({ length: guessers }, guessAndGuess)
  return () => {
    ended = true
    return Promise.all(flood)
  }
}
