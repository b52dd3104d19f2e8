import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listAll } from '../../shared/kv/list-all.ts'
import { ADMIN_TOKEN, type Harness } from '../harness.ts'
import { auditRecord, documentOf, NAMES } from './documents.ts'
import { anyFront, exportOf, furnish, importInto, PASSPHRASE } from './support.ts'

async function everythingIn({ kv }: Harness): Promise<unknown[]> {
  const all = []
  for await (const entry of listAll(kv, '')) if (!entry.key.startsWith('audit/')) all.push(entry)
  return all
}

/** Base64 of the same bytes with other bits where none are read. */
function respelt(base64: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const at = base64.indexOf('=') - 1
  const last = alphabet.indexOf(base64.charAt(at))
  return base64.slice(0, at) + alphabet.charAt(last ^ 1) + base64.slice(at + 1)
}

/** Refused, and nothing is otherwise than it was. */
async function expectRefused(front: Harness, document: string, codes: string[], options = {}): Promise<void> {
  const before = await everythingIn(front)
  const { status, body } = await importInto(front, document, options)
  expect(codes).toContain(body.code)
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(500)
  expect(body.error).toMatch(/^.{20,}$/)
  expect(await everythingIn(front)).toEqual(before)
}

describe('a document that was altered', () => {
  const CODES = ['INVALID_INPUT', 'MALFORMED_JSON', 'WRONG_PASSPHRASE', 'DOCUMENT_DAMAGED', 'DOCUMENT_REFUSED']

  it('is refused whole, whichever byte it is', async () => {
    const front = await anyFront()
    const document = await documentOf([auditRecord(1), auditRecord(2), auditRecord(3)])
    const flip = fc.record({ at: fc.nat(document.length - 1), bits: fc.integer({ min: 1, max: 127 }) })
    await fc.assert(
      fc.asyncProperty(flip, async ({ at, bits }) => {
        const altered = String.fromCharCode(document.charCodeAt(at) ^ bits)
        await expectRefused(front, document.slice(0, at) + altered + document.slice(at + 1), CODES)
      }),
      { numRuns: 150 },
    )
    expect((await importInto(front, document)).status).toBe(200)
  })

  it('is refused where another head or another spelling would give the same parts', async () => {
    const front = await anyFront()
    const whole = JSON.parse(await documentOf([auditRecord(1), auditRecord(2)]))
    const later = { ...whole, createdAt: '2031-01-01T00:00:00.000Z' }
    const salt = { ...whole, kdf: { ...whole.kdf, salt: respelt(whole.kdf.salt) } }
    const parts = whole.parts.map((part: string) => (part.endsWith('=') ? respelt(part) : part))
    for (const altered of [later, salt, ...(parts.join() === whole.parts.join() ? [] : [{ ...whole, parts }])]) {
      await expectRefused(front, JSON.stringify(altered), ['DOCUMENT_DAMAGED'])
    }
    const { kdf } = whole
    const cheaper = { ...whole, kdf: { ...kdf, rounds: kdf.rounds + 1 } }
    await expectRefused(front, JSON.stringify(cheaper), ['WRONG_PASSPHRASE'])
  })

  it('is refused where parts are missing, moved, doubled or of another document', async () => {
    const front = await anyFront()
    const records = [auditRecord(1), auditRecord(2), auditRecord(3)]
    const whole = JSON.parse(await documentOf(records))
    const other = JSON.parse(await documentOf(records))
    const [first, second, third, last] = whole.parts
    expect(whole.parts).toHaveLength(4)
    for (const parts of [
      [],
      [first],
      [first, second, third],
      [second, third, last],
      [first, third, second, last],
      [first, second, second, third, last],
      [first, second, last],
      [last],
      [first, second, other.parts[2], last],
      [...whole.parts, last],
    ]) {
      await expectRefused(front, JSON.stringify({ ...whole, parts }), ['DOCUMENT_DAMAGED', 'MALFORMED_JSON'])
    }
    const text = JSON.stringify(whole)
    for (const length of [0, 1, 50, 300, text.length - 400, text.length - 3, text.length - 1]) {
      await expectRefused(front, text.slice(0, length), ['DOCUMENT_DAMAGED', 'MALFORMED_JSON'])
    }
  })
})

describe('an import', () => {
  it('wants the passphrase, and says when it is another', async () => {
    const front = await anyFront()
    const document = await documentOf([])
    await expectRefused(front, document, ['WRONG_PASSPHRASE'], { passphrase: `${PASSPHRASE}!` })
  })

  it('is for a front of the same names and release', async () => {
    const front = await anyFront()
    const elsewhere = await documentOf([], { names: { ...NAMES, domain: 'example.org' } })
    await expectRefused(front, elsewhere, ['DOCUMENT_REFUSED'])
    const { body } = await importInto(front, elsewhere)
    expect(body.error).toContain('DOMAIN=example.org')
    await expectRefused(front, await documentOf([], { schema: 3 }), ['DOCUMENT_REFUSED'])
  })

  it('takes nothing where one record is none of this release, or leads where this front may not go', async () => {
    const one = await anyFront()
    await furnish(one)
    const entries: { key: string; value: never }[] = []
    for await (const { key, value } of listAll<never>(one.kv, '')) entries.push({ key, value })
    const record = (prefix: string) => structuredClone(entries.find(({ key }) => key.startsWith(prefix)))
    const changed = (prefix: string, change: object) => {
      const found = record(prefix)
      return found && { key: found.key, value: { ...(found.value as object), ...change } }
    }
    const domainRecord = (domain: string) => {
      const found = changed('domains/', { domain, status: 'done' })
      return found && { ...found, key: `domains/vps-1/${domain}` }
    }
    const target = { host: '127.0.0.1', address: '127.0.0.1', port: 3000, tls: false, weight: 100, backup: false }
    const front = await anyFront()
    for (const wrong of [
      { key: 'unknown/1', value: 1 },
      { key: 'meta/store-secret', value: { sealed: 'x', importing: false } },
      changed('agents/', { agentId: 'somebody-else' }),
      changed('agents/', { more: 1 }),
      changed('agents/', { targetIp: '203.0.113.1\nx' }),
      changed('routes/', { agentId: 'somebody-else' }),
      changed('routes/', { id: 'vps-1.x:1 server x 127.0.0.1:1' }),
      changed('routes/', { targetUrl: 'http://127.0.0.1:3000', targets: [target] }),
      changed('routes/', { targetUrl: 'http://203.0.113.7:3000 x' }),
      changed('routes/', { options: { unknown: true } }),
      changed('routes/', { options: { domains: ['shop.apps.example.com'] } }),
      domainRecord('shop.apps.example.com'),
      changed('domains/', { agentId: 'somebody-else' }),
      changed('routes/', { options: { allowFrom: ['10.0.0.0/8 } || TRUE'] } }),
      changed('tokens/', { id: '0'.repeat(24) }),
      changed('certificates/agents/', { current: { certificate: 'no PEM' } }),
    ]) {
      expect(wrong).toBeDefined()
      await expectRefused(front, await documentOf([wrong as never]), ['DOCUMENT_REFUSED'])
    }
  })

  it('is only for a front without agents and routes', async () => {
    const front = await anyFront()
    await furnish(front)
    await expectRefused(front, await documentOf([]), ['NOT_EMPTY'])
  })

  it('is the administrator’s alone, who says so in a header', async () => {
    const front = await anyFront()
    const document = await documentOf([])
    await expectRefused(front, document, ['UNAUTHORIZED'], { token: 'nobody' })
    const { body } = await front.call('POST', '/api/tokens', { token: ADMIN_TOKEN, body: { kind: 'read-only' } })
    await expectRefused(front, document, ['FORBIDDEN'], { token: body.token })
  })
})

it('an export wants a passphrase that nobody guesses', async () => {
  const front = await anyFront()
  for (const passphrase of ['', 'short', 'aaaaaaaaaaaaaaaaaaaaaaa', 'abababababababababab']) {
    const { status } = await front.call('POST', '/api/export', { token: ADMIN_TOKEN, body: { passphrase } })
    expect([passphrase, status]).toEqual([passphrase, 400])
  }
})

it('an export shows nothing without the passphrase', async () => {
  const front = await anyFront()
  await furnish(front)
  const document = await exportOf(front)
  for (const secret of ['vps-1', '203.0.113.7', 'sealed1', ADMIN_TOKEN]) expect(document).not.toContain(secret)
})
