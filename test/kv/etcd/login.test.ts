import { expect, it, onTestFinished } from 'vitest'
import { etcdKv } from '../../../shared/kv/etcd.ts'
import { describeEtcd } from '../../support/describe-etcd.ts'
import { type EtcdCluster, startEtcd } from '../../support/etcd.ts'
import { collect, put } from '../conformance.ts'

describeEtcd('etcd: with users and passwords', () => {
  const start = async () => {
    const etcd = await startEtcd()
    onTestFinished(() => etcd.stop())
    await protect(etcd)
    return etcd
  }
  const open = (etcd: EtcdCluster, password = 'secret', prefix = 'front/') => {
    const kv = etcdKv({ endpoints: etcd.endpoints, prefix, credentials: { user: 'front', password } })
    onTestFinished(() => kv.close())
    return kv
  }

  it('logs in, and again when etcd forgot the token', async () => {
    const etcd = await start()
    const kv = open(etcd)
    const from = await put(kv, 'a', 1)
    const seen = collect(kv, '', from, 2)
    await kv.commit([], [{ key: 'a', value: 2, expiresInSeconds: 1_000 }])
    await forgetTokens(etcd)
    const version = await put(kv, 'a', 3)
    expect(await kv.get('a')).toEqual({ key: 'a', value: 3, version })
    expect((await seen).map(({ revision }) => revision)).toContain(version)
  })

  it('says at once what is wrong', async () => {
    const etcd = await start()
    await expect(open(etcd, 'wrong').get('a')).rejects.toThrow('authentication failed')
    const elsewhere = open(etcd, 'secret', 'others/')
    await expect(elsewhere.get('a')).rejects.toThrow('permission denied')
    await expect(put(elsewhere, 'a', 1)).rejects.toThrow('permission denied')
    await expect(collect(elsewhere, '', 0, 1)).rejects.toThrow('permission denied')
    await expect(etcdKv({ endpoints: etcd.endpoints }).get('a')).rejects.toThrow('user name is empty')
  })
})

async function protect(etcd: EtcdCluster): Promise<void> {
  const perm = { permType: 'READWRITE', key: btoa('front/'), range_end: btoa('front0') }
  await etcd.call('/v3/auth/user/add', { name: 'root', password: 'root' })
  await etcd.call('/v3/auth/user/grant', { user: 'root', role: 'root' }).catch(() => {})
  await etcd.call('/v3/auth/role/add', { name: 'root' }).catch(() => {})
  await etcd.call('/v3/auth/user/grant', { user: 'root', role: 'root' })
  await etcd.call('/v3/auth/user/add', { name: 'front', password: 'secret' })
  await etcd.call('/v3/auth/role/add', { name: 'front' })
  await etcd.call('/v3/auth/role/grant', { name: 'front', perm })
  await etcd.call('/v3/auth/user/grant', { user: 'front', role: 'front' })
  await etcd.call('/v3/auth/enable', {})
}

/** A change of password makes etcd forget the user's tokens, even if it is the same one. */
async function forgetTokens(etcd: EtcdCluster): Promise<void> {
  const [url] = etcd.endpoints
  const post = (path: string, headers: Record<string, string>, body: object) =>
    fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const login = await post('/v3/auth/authenticate', {}, { name: 'root', password: 'root' })
  const { token } = (await login.json()) as { token: string }
  const answer = await post('/v3/auth/user/changepw', { Authorization: token }, { name: 'front', password: 'secret' })
  expect(answer.status).toBe(200)
}
