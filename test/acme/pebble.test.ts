import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'node:tls'
import { expect, it, onTestFailed } from 'vitest'
import { startDnsWebhook } from '../support/dns-webhook.ts'
import { describePebble, startPebble } from '../support/pebble.ts'
import { freePort } from '../support/ports.ts'
import { startRoutedFront } from '../support/routed-front.ts'

describePebble('certificates of an ACME server', () => {
  it('come for the wildcards and for single names, and are served without a reload', async () => {
    const http = await freePort()
    const pebble = await startPebble({ httpPort: http, refusedNonces: 20 })
    onTestFailed(() => void process.stderr.write(pebble.log()))
    const webhook = await startDnsWebhook(
      'the secret of the webhook'.replaceAll(' ', '-'),
      async ({ action, name, value }) => (action === 'set' ? pebble.setText(name, value) : pebble.clearText(name)),
    )
    const names = ['shop.example', 'www.shop.example']
    const front = await startRoutedFront({
      HTTP_PORT: String(http),
      ACME: pebble.directory,
      ACME_CA: pebble.caFile,
      ACME_NAMES: names.join(),
      ACME_DNS: webhook,
      ACME_DNS_SECRET: 'the-secret-of-the-webhook',
      ACME_DNS_SERVERS: pebble.dns,
      LOG_LEVEL: 'info',
    })
    const root = await pebble.root()
    const wanted = ['any.apps.front.test', 'vps-1.mongodb.front.test', 'front.front.test', ...names]
    const before = await front.reloads()
    for (const name of wanted) await trusted(front.ports.https, name, root)
    expect(await front.reloads()).toBe(before)
  })
})

/** Asks until the name is served with a certificate of this CA. */
async function trusted(port: number, name: string, ca: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; await pause(50)) {
    const refusal = await refusalOf(port, name, ca)
    if (refusal === null) return
    if (Date.now() > deadline) throw new Error(`${name}: ${refusal}`)
  }
}

function refusalOf(port: number, name: string, ca: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: name, ca })
    const done = (reason: string | null) => {
      socket.destroy()
      resolve(reason)
    }
    socket.once('secureConnect', () => done(null)).once('error', (error) => done(error.message))
  })
}
