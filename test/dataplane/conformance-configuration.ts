import { describe, expect, it } from 'vitest'
import { configure, DEFAULTS, failure, type Site, takenPort } from './site.ts'

const BACKEND = { name: 'b:r.1:1', mode: 'http' as const, from: 'of-the-test' }

export function configurationConformance(site: () => Site): void {
  describe('the raw configuration', () => {
    it('is what was pushed, under a higher version', async () => {
      const { dataPlane, initial } = site()
      const { version } = await dataPlane.raw()
      const text = `${initial}${DEFAULTS}\nbackend mine from of-the-test\n  balance leastconn\n`
      const applied = await dataPlane.pushRaw(text, { version, reload: 'now' })
      expect(applied).toEqual({ version: version + 1, reloadId: null })
      expect(await dataPlane.version()).toBe(applied.version)
      const raw = await dataPlane.raw()
      expect(raw.version).toBe(applied.version)
      expect(raw.text).toContain('balance leastconn')
      expect(raw.text).not.toMatch(/^# _/m)
    })

    it('is not replaced where somebody else was first', async () => {
      const { dataPlane } = site()
      const { version } = await configure(site())
      const { text } = await dataPlane.raw()
      await failure(dataPlane.pushRaw(text, { version: version - 1, reload: 'never' }), 'conflict')
      expect(await dataPlane.version()).toBe(version)
    })

    it.each(['pushed', 'only checked'])('is refused with the words of HAProxy, when %s', async (how) => {
      const { dataPlane } = site()
      const { version } = await configure(site())
      const { text } = await dataPlane.raw()
      const bad = `${text}\nbackend bad from of-the-test\n  balance no-such-balance\n`
      const call = how === 'pushed' ? dataPlane.pushRaw(bad, { version, reload: 'now' }) : dataPlane.validate(bad)
      const { message } = await failure(call, 'refused')
      expect(message).toMatch(/^line \d+: .*balance.* only supports|^line \d+: balance only supports/)
      expect(message).not.toMatch(/\/|msg=|exit status|Fatal/)
      expect(await dataPlane.raw()).toEqual({ version, text })
    })

    it('is not changed by a check', async () => {
      const { dataPlane } = site()
      const { version } = await configure(site())
      const { text } = await dataPlane.raw()
      await dataPlane.validate(`${text}\nbackend checked from of-the-test\n`)
      expect(await dataPlane.raw()).toEqual({ version, text })
    })

    it('changes the worker only when a reload was asked for', async () => {
      const { dataPlane } = site()
      const { version } = await configure(site())
      const { text } = await dataPlane.raw()
      const before = await dataPlane.processInfo()
      const next = `${text}\nbackend waits from of-the-test\n  server s1 127.0.0.1:9\n`
      const applied = await dataPlane.pushRaw(next, { version, reload: 'never' })
      await failure(dataPlane.runtimeServers('waits'), 'missing')
      expect((await dataPlane.processInfo()).pid).toBe(before.pid)

      await dataPlane.pushRaw((await dataPlane.raw()).text, { version: applied.version, reload: 'now' })
      expect(await dataPlane.runtimeServers('waits')).toHaveLength(1)
      expect((await dataPlane.processInfo()).pid).not.toBe(before.pid)
    })

    it('is what it was after a reload that HAProxy did not survive', async () => {
      const { dataPlane } = site()
      const { version } = await configure(site())
      const { text } = await dataPlane.raw()
      const { pid } = await dataPlane.processInfo()
      const taken = `${text}\nfrontend taken from of-the-test\n  bind 127.0.0.1:${await takenPort()}\n`
      const error = await failure(dataPlane.pushRaw(taken, { version, reload: 'now' }), 'refused')
      expect(error).toMatchObject({ reloadFailed: true, message: expect.stringMatching(/cannot bind socket/) })
      expect((await dataPlane.raw()).text).toBe(text)
      expect((await dataPlane.processInfo()).pid).toBe(pid)

      await dataPlane.transaction((tx) => tx.createBackend(BACKEND))
      expect((await dataPlane.raw()).text).not.toContain('frontend taken')
    })

    it('can be applied by a later reload, which tells how it ended', async () => {
      const { dataPlane } = site()
      await configure(site())
      const { reloadId } = await dataPlane.transaction((tx) => tx.createBackend(BACKEND), { reload: 'later' })
      if (reloadId === null) return expect(await dataPlane.runtimeServers(BACKEND.name)).toEqual([])
      await expect.poll(async () => (await dataPlane.reload(reloadId))?.status, { timeout: 20_000 }).toBe('succeeded')
    })
  })

  describe('a transaction', () => {
    it('brings backends with their servers to file and worker', async () => {
      const { dataPlane } = site()
      await configure(site())
      const servers = { s1: { name: 's1', address: '127.0.0.1', port: 8080, weight: 5 } }
      await dataPlane.transaction(async (tx) => {
        await tx.createBackend({ ...BACKEND, balance: { algorithm: 'leastconn' }, servers })
        await tx.createBackend({ ...BACKEND, name: 'b:r.2:1' })
      })
      const backends = new Map((await dataPlane.backends()).map((backend) => [backend.name, backend]))
      expect(backends.get('b:r.1:1')).toMatchObject({ balance: { algorithm: 'leastconn' }, servers })
      expect(backends.has('b:r.2:1')).toBe(true)
      expect(await dataPlane.servers('b:r.1:1')).toMatchObject([{ name: 's1', port: 8080 }])
      expect(await dataPlane.runtimeServers('b:r.1:1')).toMatchObject([
        { name: 's1', address: '127.0.0.1', port: 8080, admin_state: 'ready' },
      ])
    })

    it('replaces a backend with all that is in it, and deletes one', async () => {
      const { dataPlane } = site()
      await configure(site())
      const server = (name: string) => ({ name, address: '127.0.0.1', port: 8080 })
      await dataPlane.transaction(async (tx) => {
        await tx.createBackend({ ...BACKEND, servers: { s1: server('s1'), s2: server('s2') } })
        await tx.createBackend({ ...BACKEND, name: 'b:gone:1' })
      })
      await dataPlane.transaction(async (tx) => {
        await tx.replaceBackend({ ...BACKEND, servers: { s3: server('s3') } })
        await tx.deleteBackend('b:gone:1')
        await tx.deleteBackend('b:never-there:1')
      })
      expect((await dataPlane.servers(BACKEND.name)).map(({ name }) => name)).toEqual(['s3'])
      expect((await dataPlane.backends()).map(({ name }) => name)).not.toContain('b:gone:1')
    })

    it('is refused with the words of HAProxy, changes nothing and leaves nothing behind, many times', async () => {
      const { dataPlane } = site()
      const { version } = await configure(site())
      for (let times = 0; times < 6; times++) {
        const refused = dataPlane.transaction((tx) =>
          tx.createBackend({ ...BACKEND, http_request_rule_list: [{ type: 'set-header' }] }),
        )
        expect((await failure(refused, 'refused')).message).toMatch(/set-header/)
      }
      expect(await dataPlane.version()).toBe(version)
      await dataPlane.transaction((tx) => tx.createBackend(BACKEND))
    })

    it('is refused where the backend exists', async () => {
      const { dataPlane } = site()
      await configure(site())
      await dataPlane.transaction((tx) => tx.createBackend(BACKEND))
      await failure(
        dataPlane.transaction((tx) => tx.createBackend(BACKEND)),
        'refused',
      )
    })

    it('is undone when the work in it fails', async () => {
      const { dataPlane } = site()
      const { version } = await configure(site())
      const work = dataPlane.transaction(async (tx) => {
        await tx.createBackend(BACKEND)
        throw new RangeError('of the caller')
      })
      await expect(work).rejects.toThrow(new RangeError('of the caller'))
      expect(await dataPlane.version()).toBe(version)
    })

    it('is done again on fresh state when others commit meanwhile', async () => {
      const { dataPlane } = site()
      await configure(site())
      const names = ['b:a:1', 'b:b:1', 'b:c:1']
      await Promise.all(names.map((name) => dataPlane.transaction((tx) => tx.createBackend({ ...BACKEND, name }))))
      expect((await dataPlane.backends()).map(({ name }) => name)).toEqual(expect.arrayContaining(names))
    })
  })
}
