import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEtcdProvider } from '../../../shared/providers/etcd/etcd-provider.ts'
import { describeEtcd } from '../../support/describe-etcd.ts'
import { type EtcdCluster, startEtcd } from '../../support/etcd.ts'
import { listenTo } from '../listen-to.ts'

describeEtcd('backends in etcd', () => {
  let etcd: EtcdCluster
  beforeAll(async () => {
    etcd = await startEtcd()
  })
  afterAll(() => etcd?.stop())

  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const newPrefix = () => `/gateway/${crypto.randomUUID()}/`
  const put = (key: string, value: unknown) =>
    etcd.call('/v3/kv/put', {
      key: base64(key),
      value: base64(typeof value === 'string' ? value : JSON.stringify(value)),
    })
  const remove = (key: string) => etcd.call('/v3/kv/deleterange', { key: base64(key) })
  const watch = (prefix: string) =>
    listenTo(createEtcdProvider({ endpoints: etcd.endpoints, prefix, silenceMs: 2_000, attemptMs: 500, callMs: 1_000 }))
  const server = (port: number) => ({ address: '10.0.1.10', port })

  test('a backend, and servers of it that come and go by themselves', async () => {
    const prefix = newPrefix()
    await put(`${prefix}api-backend`, { hosts: ['api.example.com'], servers: [{ name: 'srv1', ...server(8080) }] })
    await put(`${prefix}api-backend/servers/srv2`, server(8081))
    const watched = watch(prefix)
    const names = () =>
      watched.state
        .get('api-backend')
        ?.servers.map(({ name }) => name)
        .join()
    await watched.until(() => names() === 'srv1,srv2')
    await put(`${prefix}api-backend/servers/srv3`, { name: 'srv3', ...server(8082) })
    await watched.until(() => names() === 'srv1,srv2,srv3')
    await remove(`${prefix}api-backend/servers/srv2`)
    await watched.until(() => names() === 'srv1,srv3')
    await remove(`${prefix}api-backend`)
    await watched.until(({ state }) => state.size === 0)
    await remove(`${prefix}api-backend/servers/srv3`)
    await watched.until(() => watched.problem() === null)
  })

  test('one transaction is one change', async () => {
    const prefix = newPrefix()
    const watched = watch(prefix)
    await watched.until(() => watched.successes() > 0)
    const success = ['a', 'a/servers/one', 'a/servers/two'].map((key) => ({
      request_put: { key: base64(prefix + key), value: base64(JSON.stringify(key === 'a' ? {} : server(80))) },
    }))
    await etcd.call('/v3/kv/txn', { success })
    await watched.until(({ state }) => state.has('a'))
    expect(watched.events).toHaveLength(1)
    expect(watched.state.get('a')?.servers).toHaveLength(2)
  })

  test.each<[string, string, unknown, string]>([
    ['no JSON', 'api', '{"hosts": [', 'the value of api is no JSON object'],
    ['no object', 'api', '[]', 'the value of api is no JSON object'],
    ['a server that is none', 'api/servers/srv1', 'x', 'the value of api/servers/srv1 is no JSON object'],
    ['another name', 'api', { name: 'web' }, 'the value of api has another name in it'],
  ])('%s keeps what was known of it, and touches nobody else', async (_, key, value, problem) => {
    const prefix = newPrefix()
    await put(`${prefix}api`, { hosts: ['größe.example.com'] })
    const watched = watch(prefix)
    await watched.until(({ state }) => state.has('api'))
    expect(watched.state.get('api')?.hosts).toEqual(['größe.example.com'])
    await put(prefix + key, value)
    await watched.until(() => watched.problem() === problem)
    await put(`${prefix}web`, {})
    await watched.until(({ state }) => state.has('web'))
    expect(watched.state.get('api')).toEqual({ name: 'api', hosts: ['größe.example.com'], servers: [] })
    await remove(prefix + key)
    await watched.until(() => watched.problem() === null)
  })

  test('a value that was never understood is not taken for one that is gone', async () => {
    const prefix = newPrefix()
    await put(`${prefix}api`, 'x')
    const watched = watch(prefix)
    await watched.until(({ failures }) => failures.length > 0)
    expect(watched.successes()).toBe(0)
  })

  test.each([
    ['a/b', 'the key a/b is neither a backend’s nor {backend}/servers/{server}'],
    ['a/servers/b', 'a has servers, but nothing says what they are for: write its key'],
  ])('says that a key means nothing: %s', async (key, problem) => {
    const prefix = newPrefix()
    await put(prefix + key, {})
    const watched = watch(prefix)
    await watched.until(() => watched.problem() === problem)
    expect(watched.state.size).toBe(0)
  })

  test('misses nothing while etcd is away, and after it has forgotten its history', async () => {
    const own = await startEtcd()
    const prefix = newPrefix()
    const call = (path: string, key: string, value?: object) =>
      own.call(path, { key: base64(prefix + key), ...(value && { value: base64(JSON.stringify(value)) }) })
    try {
      await call('/v3/kv/put', 'one', {})
      await call('/v3/kv/put', 'two', {})
      const watched = listenTo(createEtcdProvider({ endpoints: own.endpoints, prefix, attemptMs: 200, callMs: 500 }))
      await watched.until(({ state }) => state.size === 2)
      await own.kill(0)
      await own.restart(0)
      await call('/v3/kv/deleterange', 'one')
      await call('/v3/kv/put', 'three', {})
      await own.compact()
      await watched.until(({ state }) => [...state.keys()].sort().join() === 'three,two')
    } finally {
      await own.stop()
    }
  })

  test('says that nobody answers', async () => {
    const watched = listenTo(
      createEtcdProvider({ endpoints: ['http://127.0.0.1:1'], prefix: '/x/', attemptMs: 50, callMs: 100 }),
    )
    await watched.until(() => watched.problem() !== null)
    expect(watched.problem()).toBe('etcd is unavailable: it did not answer in time')
  })
})
