import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'node:tls'
import { type Answer, get } from './http-clients.ts'

/** The certificate that is shown for a name, by its fingerprint; null: there was no handshake. */
export function shownFor(port: number, name: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: name, rejectUnauthorized: false })
    const done = (shown: string | null) => {
      socket.destroy()
      resolve(shown)
    }
    socket.once('secureConnect', () => done(socket.getPeerCertificate().fingerprint256))
    socket.once('error', () => done(null))
  })
}

/** What is stapled to the certificate for a name, empty where nothing is; null: there was no handshake. */
export function stapledFor(port: number, name: string): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, servername: name, rejectUnauthorized: false, requestOCSP: true }
    const socket = connect(options)
    const done = (stapled: Buffer | null) => {
      socket.destroy()
      resolve(stapled)
    }
    socket.once('OCSPResponse', (response: Buffer | null) => {
      socket.once('secureConnect', () => done(response ?? Buffer.alloc(0)))
    })
    socket.once('error', () => done(null))
  })
}

/** Looks until it is so; gives how long that took. */
export async function untilShown(
  port: number,
  name: string,
  isIt: (shown: string | null) => boolean,
  limitMs = 20_000,
): Promise<number> {
  const startedMs = Date.now()
  for (;;) {
    const shown = await shownFor(port, name)
    const tookMs = Date.now() - startedMs
    if (isIt(shown)) return tookMs
    if (tookMs > limitMs) throw new Error(`${name} is served with ${shown}`)
    await pause(10)
  }
}

/** Asks for `/` by plain HTTP until the answer is such a one. */
export async function untilAnswered(
  port: number,
  host: string,
  isIt: (answer: Answer) => boolean,
  limitMs = 20_000,
): Promise<Answer> {
  for (const startedMs = Date.now(); ; await pause(10)) {
    const answer = await get(port, { host })
    if (isIt(answer)) return answer
    if (Date.now() - startedMs > limitMs) throw new Error(`${host} answers ${answer.status} ${answer.headers.location}`)
  }
}

/** Shakes hands for a name until it is told to stop: how often that went well, and how often not. */
export function keepShaking(port: number, name: string) {
  const counts = { good: 0, failed: 0 }
  let goesOn = true
  const run = async () => {
    while (goesOn) {
      if ((await shownFor(port, name)) === null) counts.failed += 1
      else counts.good += 1
    }
  }
  const running = run()
  return {
    async stop() {
      goesOn = false
      await running
      return counts
    },
  }
}
