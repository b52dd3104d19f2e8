/** What the real API does that one would not expect, one test for each. */
import { describe, expect, it } from 'vitest'
import { type Answer, replaying } from './replay.ts'
import { failure } from './site.ts'

const BACKEND = { name: 'be_new', mode: 'http' as const }
const OPENED = ['version', 'tx-start'] as const
const NOTHING_TO_SWEEP = ['tx-list-empty', 'version'] as const

describe('what an answer means', () => {
  it.each<[string, Parameters<typeof failure>[1], Answer]>([
    ['a wrong password', 'unauthorized', 'unauthorised-bad-password'],
    ['version 2 of the API', 'unsupported', 'v2-path'],
    ['a call that it does not have', 'unsupported', 'unknown-path'],
    ['a method that it does not have', 'unsupported', 'wrong-method'],
    ['501', 'unsupported', { status: 501, message: 'not implemented' }],
    ['a map that is only stored', 'missing', 'rtmap-entries-stored-only'],
    ['a list that it falls over', 'refused', 'rtmap-entries-with-empty-value'],
    [
      'no HAProxy',
      'unreachable',
      { status: 404, message: '/x/m.sock dial unix /x/m.sock: connect: refused not found' },
    ],
    ['a status that it never gives', 'unreachable', { status: 418, message: 'teapot' }],
  ])('%s: %s', async (_, fault, answer) => {
    const { message } = await failure(replaying(answer).dataPlane.mapEntries('m'), fault)
    expect(message).not.toMatch(/very-secret|sock|<path>|\[\w+ map/)
  })

  it('an empty list may be the word null', async () => {
    expect(await replaying('acls-list-empty').dataPlane.servers('b')).toEqual([])
  })

  it('runtime information without a worker is a 200 without a pid', async () => {
    const empty = { status: 200, json: { info: { release_date: '0001-01-01' } } }
    await failure(replaying(empty).dataPlane.processInfo(), 'unreachable')
  })

  it('statistics of an unknown name are a 200 without a list', async () => {
    expect(await replaying('stats-unknown-name').dataPlane.stats({ type: 'backend', name: 'nope' })).toEqual([])
  })

  it('an address that does not resolve is a 200 with the old one', async () => {
    const call = replaying('rtserver-put-unresolvable-address').dataPlane.setRuntimeServer('b', 's', {
      address: 'nohost',
    })
    expect((await failure(call, 'refused')).message).toBe('HAProxy did not take address nohost')
  })

  it('a reload that was never issued is unknown, or said to have succeeded when it lies in the past', async () => {
    expect(await replaying('reload-get-never-issued').dataPlane.reload('2026-01-01-9')).toBeNull()
    const past = await replaying('reload-get-date-long-past').dataPlane.reload('2020-01-01-7')
    expect(past).toMatchObject({ status: 'succeeded' })
    expect(past).not.toHaveProperty('response')
  })

  it('a failed reload has HAProxy’s output, of which the findings are kept', async () => {
    const reload = await replaying('reload-get-failed').dataPlane.reload('2026-01-01-9')
    expect(reload?.response).toMatch(/^Binding line 23 for frontend fe_http: .*Address already in use.*$/)
  })
})

describe('a transaction', () => {
  it('that HAProxy refuses is deleted, and says why in lines', async () => {
    const { dataPlane, asked } = replaying(
      ...OPENED,
      'backend-create-in-tx',
      'tx-commit-refused-by-haproxy',
      'rtmap-clear',
    )
    const error = await failure(
      dataPlane.transaction((tx) => tx.createBackend(BACKEND)),
      'refused',
    )
    expect(error.message).toBe("Proxy 'fe_http': unable to find required use_backend: 'no_such_backend'.")
    expect(asked.map(({ line }) => line)).toEqual([
      'GET /configuration/version',
      'POST /transactions?version=1',
      'POST /configuration/backends?transaction_id=%3Ctx-id-1%3E&full_section=true',
      'PUT /transactions/%3Ctx-id-1%3E?force_reload=true',
      'DELETE /transactions/%3Ctx-id-1%3E',
    ])
  })

  it.each<[string, Answer[]]>([
    ['at its opening', ['version', 'tx-start-stale-version']],
    ['at a write', [...OPENED, 'backend-create-unknown-tx', 'rtmap-clear']],
    ['at its commit', [...OPENED, 'backend-create-in-tx', 'tx-commit-outdated', 'rtmap-clear']],
    ['by its disappearance', [...OPENED, 'backend-create-in-tx', 'tx-commit-unknown', 'tx-delete-unknown']],
    ['for too many others', ['version', 'tx-start-too-many']],
  ])('is done again when it is turned away %s', async (_, first) => {
    const again = [...OPENED, 'backend-create-in-tx', 'tx-commit']
    const { dataPlane, left } = replaying(...first, ...NOTHING_TO_SWEEP, ...again)
    await dataPlane.transaction((tx) => tx.createBackend(BACKEND), { reload: 'later' })
    expect(left).toEqual([])
  })

  it('is given up as a conflict when others are always first', async () => {
    const round = ['version', 'tx-start-stale-version', ...NOTHING_TO_SWEEP]
    const { dataPlane } = replaying(...Array.from({ length: 20 }, () => round).flat())
    await failure(
      dataPlane.transaction(async () => {}),
      'conflict',
    )
  })

  it('that fails at its reload leaves the API with what the file does not say, so the file is pushed back', async () => {
    const { dataPlane, asked } = replaying(
      ...[...OPENED, 'backend-create-in-tx', 'tx-commit-force-reload-fails', 'tx-delete-unknown'],
      ...['raw-get-after-failed-reload', 'raw-post-skip-reload'],
    )
    const error = await failure(
      dataPlane.transaction((tx) => tx.createBackend(BACKEND)),
      'refused',
    )
    expect(error.reloadFailed).toBe(true)
    expect(asked.at(-1)?.line).toBe('POST /configuration/raw?version=47&skip_reload=true')
    expect(asked.at(-1)?.body).toMatch(/^global\n/)
  })
})

describe('a write by version', () => {
  it('that is refused leaves a failed transaction, which is deleted', async () => {
    const id = '3f2c5a1e-0000-4000-8000-000000000001'
    const message = `validation error: exit status 1: err transactionId=${id} \nmsg="config parsing [/etc/x/haproxy.cfg.${id}:31] unknown keyword 'x'"`
    const { dataPlane, asked } = replaying({ status: 400, message }, 'rtmap-clear')
    const error = await failure(dataPlane.pushRaw('global\n', { version: 1, reload: 'now' }), 'refused')
    expect(error.message).toBe("line 31: unknown keyword 'x'")
    expect(asked[1]?.line).toBe(`DELETE /transactions/${id}`)
  })

  it('is refused by HAProxy 3.3 and newer with lower and upper case, and the name of its own file', async () => {
    const file = '/tx/haproxy.cfg.0675cf8f-a4ce-409c-9e40-770df8d28d2a'
    const message = `validation error: exit status 1: msg="config Parsing [${file}:22]: frontend 'x' has the same name as defaults 'x' declared at ${file}:16."`
    const call = replaying({ status: 400, message }).dataPlane.validate('global\n')
    expect((await failure(call, 'refused')).message).toBe(
      "line 22: frontend 'x' has the same name as defaults 'x' declared at line 16.",
    )
  })

  it('of a server begins again when somebody else was first', async () => {
    const { dataPlane, asked } = replaying('version', 'raw-post-stale-version', 'version', 'server-replace')
    await dataPlane.replaceServer('be_web', { name: 'web3', address: '127.0.0.1', port: 18084 })
    expect(asked).toHaveLength(4)
  })

  it('of a whole configuration does not: what it was made of is old', async () => {
    const { dataPlane, asked } = replaying('raw-post-stale-version')
    await failure(dataPlane.pushRaw('global\n', { version: 1, reload: 'now' }), 'conflict')
    expect(asked).toHaveLength(1)
  })
})

describe('a map', () => {
  it('is added to by small bulk writes, never by an empty one', async () => {
    const entries = Array.from({ length: 300 }, (_, i) => ({ key: `k${i}`, value: 'v'.repeat(50) }))
    const { dataPlane, asked } = replaying('rtmap-bulk-put', 'rtmap-bulk-put', 'rtmap-bulk-put')
    await dataPlane.appendMapEntries('hosts', entries)
    await dataPlane.appendMapEntries('hosts', [])
    const sent = asked.map(({ line, body }) => [line, (JSON.parse(body) as typeof entries).length] as const)
    expect(sent.map(([line]) => line)).toEqual(Array(3).fill('PUT /runtime/maps/hosts.map'))
    expect(sent.reduce((sum, [, count]) => sum + count, 0)).toBe(300)
  })

  it('is not cleared for a few entries: what is new comes first, what is gone goes last', async () => {
    const { dataPlane, asked } = replaying(
      'rtmap-entries',
      'rtmap-bulk-put',
      'rtmap-entry-replace',
      'rtmap-entry-delete',
    )
    await dataPlane.replaceMap('hosts', [
      { key: 'api.example.test', value: 'other' },
      { key: 'new.example.test', value: 'x' },
    ])
    expect(asked.map(({ line }) => line)).toEqual([
      'GET /runtime/maps/hosts.map/entries',
      'PUT /runtime/maps/hosts.map',
      'PUT /runtime/maps/hosts.map/entries/api.example.test',
      'DELETE /runtime/maps/hosts.map/entries/shop.example.test',
    ])
  })
})

describe('a certificate', () => {
  it('that is refused comes back in the answer with its key, which no message shows', async () => {
    const pem = '-----BEGIN PRIVATE KEY-----\\nMIGHAgEA\\n-----END PRIVATE KEY-----'.replaceAll('\\n', '\n')
    const message = `/tmp/m.sock [3]  Can't replace a certificate!\nCan't update /etc/ssl/a.pem! [set ssl cert /etc/ssl/a.pem <<\n${pem}\n\n] general error`
    const call = replaying({ status: 500, message }).dataPlane.storeCertificate('a.pem', pem)
    expect((await failure(call, 'refused')).message).toBe("Can't replace a certificate!\nCan't update a.pem!")
  })

  it('is left out of any other message too', async () => {
    const message =
      'validation error: msg="config cannot read -----BEGIN PRIVATE KEY-----\\nMIGHAgEA\\n-----END PRIVATE KEY-----"'
    const call = replaying({ status: 400, message }).dataPlane.validate('global\n')
    expect((await failure(call, 'refused')).message).toBe('cannot read [PEM]')
  })

  it('that cannot be put into the worker makes the API reload by itself', async () => {
    const { dataPlane, asked } = replaying('stcert-get-unknown', 'stcert-replace-unused', 'stcert-get-unknown')
    expect(await dataPlane.storeCertificate('second.pem', 'PEM')).toMatchObject({ needsReload: true })
    expect(asked[1]?.line).toBe('POST /storage/ssl_certificates')
  })
})
