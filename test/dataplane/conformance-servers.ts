import { describe, expect, it } from 'vitest'
import { freePort } from '../support/ports.ts'
import { ask, configure, failure, type Site } from './site.ts'

const SERVER = { name: 's1', address: '127.0.0.1', port: 8080, weight: 5 }
const SECTION = `backend target from of-the-test\n  server s1 127.0.0.1:8080 weight 5\n`

export function serverConformance(site: () => Site): void {
  describe('servers', () => {
    it('take address, port and weight without a reload, in the file and in the worker', async () => {
      const { dataPlane } = site()
      await configure(site(), SECTION)
      const { pid } = await dataPlane.processInfo()
      const changed = { ...SERVER, address: '127.0.0.2', port: 8081, weight: 7 }
      expect(await dataPlane.replaceServer('target', changed)).toEqual({ reloadId: null })
      expect(await dataPlane.servers('target')).toMatchObject([changed])
      expect(await dataPlane.runtimeServers('target')).toMatchObject([changed])
      expect((await dataPlane.processInfo()).pid).toBe(pid)
    })

    it('that do not exist cannot be changed', async () => {
      const { dataPlane } = site()
      await configure(site(), SECTION)
      await failure(dataPlane.replaceServer('target', { ...SERVER, name: 'nobody' }), 'missing')
      await failure(dataPlane.setRuntimeServer('target', 'nobody', { weight: 1 }), 'missing')
      await failure(dataPlane.runtimeServers('nothing'), 'missing')
      expect(await dataPlane.servers('nothing')).toEqual([])
    })

    it('can be changed in the worker alone', async () => {
      const { dataPlane } = site()
      await configure(site(), SECTION)
      const change = { address: '127.0.0.3', port: 8083, weight: 9, admin_state: 'drain' as const }
      await dataPlane.setRuntimeServer('target', 's1', change)
      expect(await dataPlane.runtimeServers('target')).toMatchObject([change])
      expect(await dataPlane.servers('target')).toMatchObject([SERVER])
    })

    it('come and go in the worker alone, and are let in by whoever added them', async () => {
      const { dataPlane } = site()
      await configure(site(), SECTION)
      const added = { name: 's2:x', address: '127.0.0.2', port: 8082, weight: 0, check: 'enabled' as const, inter: 500 }
      await dataPlane.addRuntimeServer('target', added)
      const shown = { name: 's2:x', address: '127.0.0.2', port: 8082, weight: 0, admin_state: 'maint' }
      expect(await dataPlane.runtimeServers('target')).toMatchObject([{ name: 's1' }, shown])
      expect(await dataPlane.servers('target')).toMatchObject([SERVER])
      await dataPlane.setRuntimeServer('target', 's2:x', { weight: 3, admin_state: 'ready' })
      expect(await dataPlane.runtimeServers('target')).toMatchObject([{}, { weight: 3, admin_state: 'ready' }])
      expect(await failure(dataPlane.addRuntimeServer('target', added), 'refused')).toMatchObject({ status: 409 })
      await dataPlane.deleteRuntimeServer('target', 's2:x')
      await dataPlane.deleteRuntimeServer('target', 's2:x')
      await dataPlane.deleteRuntimeServer('target', 's1')
      expect(await dataPlane.runtimeServers('target')).toEqual([])
      await dataPlane.addRuntimeServer('target', { ...SERVER, address: '::1' })
      expect(await dataPlane.runtimeServers('target')).toMatchObject([{ name: 's1', address: '::1' }])
    })

    it('may be spoken to by TLS, and verified', async () => {
      const { dataPlane } = site()
      // Where nothing names them HAProxy has not read them.
      await configure(site(), `${SECTION}  default-server ca-file @system-ca\n`)
      const tls = { ssl: 'enabled', verify: 'required', ssl_cafile: '@system-ca', verifyhost: 'a.test' } as const
      const also = { sni: 'str(a.test)', alpn: 'h2,http/1.1', 'check-sni': 'a.test', check_alpn: 'h2,http/1.1' }
      const left = {
        observe: 'layer4',
        error_limit: 1,
        'on-error': 'mark-down',
        fastinter: 500,
        downinter: 900,
      } as const
      const server = {
        name: 't',
        address: '127.0.0.2',
        port: 443,
        check: 'enabled',
        backup: 'enabled',
        ...tls,
      } as const
      await dataPlane.addRuntimeServer('target', { ...server, ...also, ...left, rise: 2, fall: 3, inter: 900 })
      expect(await dataPlane.runtimeServers('target')).toMatchObject([{ name: 's1' }, { name: 't', use_ssl: true }])
    })

    it('are not taken by a backend that is not there, nor by one that takes none while HAProxy runs', async () => {
      const { dataPlane } = site()
      await configure(site(), `${SECTION}  balance source\n`)
      await failure(dataPlane.addRuntimeServer('nothing', SERVER), 'missing')
      await failure(dataPlane.addRuntimeServer('target', { ...SERVER, name: 's2' }), 'refused')
      await failure(dataPlane.addRuntimeServer('target', { ...SERVER, name: 's2 weight 9' }), 'refused')
      await failure(dataPlane.addRuntimeServer('target', { ...SERVER, name: 's2', sni: 'a\nb' }), 'refused')
    })

    it('are in the file what the worker has, where that was written without a reload', async () => {
      const { dataPlane } = site()
      await configure(site(), SECTION)
      const { pid } = await dataPlane.processInfo()
      const { text, version } = await dataPlane.raw()
      const wanted = text.replace('weight 5', 'weight 6')
      await dataPlane.setRuntimeServer('target', 's1', { weight: 6 })
      await dataPlane.pushRaw(wanted, { version, reload: 'never' })
      expect(await dataPlane.servers('target')).toMatchObject([{ weight: 6 }])
      // What comes next needs no reload either.
      expect(await dataPlane.replaceServer('target', { ...SERVER, weight: 7 })).toEqual({ reloadId: null })
      expect(await dataPlane.processInfo()).toMatchObject({ pid })
    })

    it('keep their address where the new one does not resolve, and the caller hears of it', async () => {
      const { dataPlane } = site()
      await configure(site(), SECTION)
      await failure(dataPlane.setRuntimeServer('target', 's1', { address: 'nohost' }), 'refused')
      expect(await dataPlane.runtimeServers('target')).toMatchObject([{ address: '127.0.0.1' }])
    })
  })

  describe('counters', () => {
    it('are kept by frontend, backend and server', async () => {
      const { dataPlane } = site()
      await configure(site(), SECTION)
      const [stat] = await dataPlane.stats({ type: 'server', name: 's1', parent: 'target' })
      expect(stat).toMatchObject({ name: 's1', type: 'server', backend_name: 'target', stats: { weight: 5 } })
      const servers = await dataPlane.stats({ type: 'server', parent: 'target' })
      expect(servers.filter((each) => each.backend_name === 'target').map(({ name }) => name)).toContain('s1')
      expect((await dataPlane.stats({ type: 'frontend' })).every(({ type }) => type === 'frontend')).toBe(true)
      expect(await dataPlane.stats({ type: 'backend', name: 'target' })).toMatchObject([{ type: 'backend' }])
      expect(await dataPlane.stats({ type: 'backend', name: 'nothing' })).toEqual([])
      const few = { type: 'server', parent: 'target', columns: ['status', 'weight'] } as const
      expect(await dataPlane.stats(few)).toMatchObject([{ name: 's1', stats: { status: 'no check', weight: 5 } }])
      expect((await dataPlane.stats({})).length).toBeGreaterThan(1)
    })

    it('are kept by key in a stick table', async () => {
      const { dataPlane } = site()
      const port = await freePort()
      const table =
        'backend counted from of-the-test\n  stick-table type string len 64 size 100 store http_req_cnt,gpc(3),gpt(1)\n'
      const frontend = `frontend counting from of-the-test\n  bind 127.0.0.1:${port}\n  http-request track-sc0 req.hdr(x-key) table counted\n  http-request sc-inc-gpc(1,0)\n  http-request sc-set-gpt(0,0) int(7)\n  http-request return status 200\n`
      await configure(site(), table + frontend)
      expect(await dataPlane.stickTable('counted')).toEqual([])
      for (const key of ['a.test', 'b.test', 'b.test']) await ask(port, { 'x-key': key })
      const counts = (await dataPlane.stickTable('counted')).map(({ key, http_req_cnt }) => [key, http_req_cnt])
      expect(Object.fromEntries(counts)).toEqual({ 'a.test': 1, 'b.test': 2 })
      // Those of the array that the front cannot do without.
      const one = await dataPlane.stickTable('counted', { key: 'b.test' })
      expect(one).toMatchObject([{ key: 'b.test', http_req_cnt: 2, gpc1: 2, gpt0: 7 }])
      expect(await dataPlane.stickTable('counted', { key: 'c.test' })).toEqual([])
      await failure(dataPlane.stickTable('nothing'), 'missing')
    })

    it('cannot end connections of nobody', async () => {
      const { dataPlane } = site()
      expect(await dataPlane.closeConnections([])).toEqual(expect.any(Boolean))
    })
  })
}
