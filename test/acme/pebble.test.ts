import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'node:tls'
import { expect, it, onTestFailed } from 'vitest'
import type { OrderTold } from '../support/acme-front.ts'
import { startDnsWebhook } from '../support/dns-webhook.ts'
import { get } from '../support/http-clients.ts'
import { startNamed } from '../support/named.ts'
import { describeNamed, describePebble, startPebble } from '../support/pebble.ts'
import { freePort } from '../support/ports.ts'
import { put, startRoutedFront } from '../support/routed-front.ts'
import { keepShaking, shownFor, untilAnswered, untilShown } from '../support/served.ts'
import { startTarget } from '../support/targets.ts'

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
    const app = await startTarget('app')
    await put(front.agent, 'any', `http://127.0.0.1:${app.port}`, { check: false })
    for (const name of wanted) await trusted(front.ports.https, name, root)
    const host = 'any.apps.front.test'
    await untilAnswered(http, host, ({ headers }) => headers.location === `https://${host}:${front.ports.https}/`)
    const { headers } = await get(front.ports.https, { host, ca: root })
    expect(headers['strict-transport-security']).toBe('max-age=15552000')
    expect(await front.reloads()).toBe(before)
  })
})

describeNamed('certificates of an ACME server, with BIND', () => {
  it('come for a wildcard by RFC 2136, for fifty names at once, under an external account; are renewed and revoked', async () => {
    const http = await freePort()
    const key = { name: 'front', secret: Buffer.alloc(32, 9).toString('base64') }
    const named = await startNamed('front.test', key)
    const external = { keyId: 'kid-1', hmacKey: Buffer.alloc(32, 5).toString('base64url') }
    const pebble = await startPebble({ httpPort: http, nameServer: named.address, external })
    onTestFailed(() => void process.stderr.write(pebble.log()))
    const names = Array.from({ length: 50 }, (_, i) => `shop-${i}.front.test`)
    const front = await startRoutedFront({
      HTTP_PORT: String(http),
      ACME: pebble.directory,
      ACME_CA: pebble.caFile,
      ACME_EAB_KEY_ID: external.keyId,
      ACME_EAB_HMAC_KEY: external.hmacKey,
      ACME_FOR: 'apps',
      ACME_NAMES: [...names, 'blocked.example'].join(),
      ACME_DNS: `rfc2136://${named.address}`,
      ACME_DNS_SECRET: `${key.name}:${key.secret}`,
      ACME_DNS_SERVERS: named.address,
    })
    const { https } = front.ports
    const root = await pebble.root()
    const before = await front.reloads()
    const others = keepShaking(https, 'vps-1.mongodb.front.test')
    for (const name of ['any.apps.front.test', ...names]) await trusted(https, name, root)
    const { failed } = await others.stop()
    expect([failed, await front.reloads()]).toEqual([0, before])
    expect(pebble.log().match(/Issued certificate serial/g)).toHaveLength(51)
    expect(await named.texts('_acme-challenge.apps.front.test')).toEqual([])
    const { orders } = (await front.admin.get('/api/certificates/edge')).body as unknown as { orders: OrderTold[] }
    expect(orders.find(({ name }) => name === 'blocked.example')).toMatchObject({
      state: 'failed',
      lastError: expect.stringContaining('blocked.example'),
    })

    for (const what of ['renew', 'revoke']) {
      const shown = await shownFor(https, 'shop-0.front.test')
      const { status } = await front.admin.post(`/api/certificates/edge/shop-0.front.test/${what}`, {})
      expect([what, status]).toEqual([what, 202])
      await untilShown(https, 'shop-0.front.test', (now) => now !== shown)
    }
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
