import { renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { untilAnswer } from '../support/backend-answers.ts'
import { startDns, type Zone } from '../support/dns.ts'
import { startDocker } from '../support/docker.ts'
import { etcdIsHere, startEtcd } from '../support/etcd.ts'
import { newFolder } from '../support/folder.ts'
import { startRoutedFront } from '../support/routed-front.ts'
import { startSwitchables } from '../support/switchable-target.ts'
import { listen } from '../support/targets.ts'

const PREFIX = '/gateway/'

interface Provider {
  name: string
  state: string
  backends: number
  lastError: string | null
}

it.skipIf(!etcdIsHere)(
  'serves what files, etcd, Docker, DNS and REST endpoints say, and what they come to say',
  async ({ onTestFinished }) => {
    const targets = await startSwitchables('one', 'two')
    const [one, two] = targets.map(({ url }) => Number(new URL(url).port)) as [number, number]
    const server = (name: string, port: number) => ({ name, address: '127.0.0.1', port })
    const backend = (host: string, ports: number[]) => ({
      name: `of-${host}`,
      hosts: [`${host}.example.com`],
      servers: ports.map((port) => server(`srv-${port}`, port)),
    })

    const folder = newFolder()
    const file = join(folder, 'backends.json')
    const write = (ports: number[]) => {
      writeFileSync(`${file}.new`, JSON.stringify({ backends: [backend('file', ports)] }))
      renameSync(`${file}.new`, file)
    }
    write([one])

    const etcd = await startEtcd()
    onTestFinished(() => etcd.stop())
    const put = (key: string, value: object) =>
      etcd.call('/v3/kv/put', { key: btoa(PREFIX + key), value: btoa(JSON.stringify(value)) })
    await put('of-etcd', { hosts: ['etcd.example.com'], servers: [server('srv1', one)] })

    const docker = await startDocker()
    onTestFinished(docker.stop)
    const run = (name: string, port: number) =>
      docker.run(name, {
        labels: {
          'cloudlunacy.backend': 'of-docker',
          'cloudlunacy.hosts': 'docker.example.com',
          'cloudlunacy.port': String(port),
        },
        networks: { bridge: '127.0.0.1' },
      })
    run('app-1', one)

    let services = [{ id: 'of-rest', domain: 'rest.example.com', nodes: [{ id: 'a', ip: '127.0.0.1', port: one }] }]
    const rest = createServer(({ headers }, response) =>
      headers['x-api-key'] === 'the-secret-key'
        ? response.end(JSON.stringify({ services }))
        : response.writeHead(401).end(),
    )
    const restPort = await listen(rest)

    const zone: Zone = {
      '_http._tcp.app.test': { SRV: [`1 1 ${one} app.test`], ttl: 1 },
      'app.test': { A: ['127.0.0.1'], ttl: 1 },
    }
    const gateway = {
      providers: {
        file: { kind: 'file', path: file },
        etcd: { kind: 'etcd', endpoints: etcd.endpoints, prefix: PREFIX },
        docker: { kind: 'docker', socket: docker.socket },
        dns: {
          kind: 'dns',
          resolver: await startDns(zone),
          backends: [{ name: 'of-dns', hosts: ['dns.example.com'], srv: '_http._tcp.app.test' }],
        },
        rest: {
          kind: 'rest',
          url: `http://127.0.0.1:${restPort}/services`,
          // As the file says it: the name of what is in the environment.
          authorization: { header: 'x-api-key', value: '$' + '{REST_KEY}' },
          intervalMs: 100,
          mapping: {
            list: '$.services',
            name: 'id',
            hosts: 'domain',
            servers: { list: 'nodes', name: 'id', address: 'ip', port: 'port' },
          },
        },
      },
    }
    const gatewayFile = join(folder, 'gateway.yaml')
    writeFileSync(gatewayFile, JSON.stringify(gateway))
    const { ports, admin, reloads, front } = await startRoutedFront({
      GATEWAY_FILE: gatewayFile,
      REST_KEY: 'the-secret-key',
    })
    const providers = async () => (await admin.get('/api/providers')).body.providers as Provider[]

    const hosts = ['file', 'etcd', 'docker', 'dns', 'rest'].map((host) => `${host}.example.com`)
    for (const host of hosts) await untilAnswer(ports.http, host, ['one'])
    expect((await providers()).filter(({ state }) => state !== 'running')).toEqual([])

    for (;;) {
      const { backends } = (await admin.get('/api/backends')).body as unknown as { backends: { status: string }[] }
      if (backends.length === hosts.length && backends.every(({ status }) => status === 'settled')) break
      await pause(20)
    }

    // A second server in each of them: nothing is reloaded for it.
    const before = await reloads()
    write([one, two])
    await put('of-etcd/servers/srv2', { address: '127.0.0.1', port: two })
    run('app-2', two)
    zone['_http._tcp.app.test'] = { SRV: [`1 1 ${one} app.test`, `1 1 ${two} app.test`], ttl: 1 }
    services = services.map((service) => ({
      ...service,
      nodes: [...service.nodes, { id: 'b', ip: '127.0.0.1', port: two }],
    }))
    for (const host of hosts) await untilAnswer(ports.http, host, ['one', 'two'])
    expect(await reloads()).toBe(before)

    // The first one leaves.
    write([two])
    await put('of-etcd', { hosts: ['etcd.example.com'] })
    docker.kill('app-1')
    zone['_http._tcp.app.test'] = { SRV: [`1 1 ${two} app.test`], ttl: 1 }
    services = services.map((service) => ({ ...service, nodes: service.nodes.slice(1) }))
    for (const host of hosts) await untilAnswer(ports.http, host, ['two'])
    expect(await reloads()).toBe(before)

    // What breaks is said, without its secret, and goes on serving.
    rest.closeAllConnections()
    rest.close()
    await docker.close()
    const untilFailing = async (name: string, words: string) => {
      for (;;) {
        const found = (await providers()).find((provider) => provider.name === name)
        if (found?.state === 'failing' && found.lastError?.includes(words)) return
        await pause(20)
      }
    }
    await untilFailing('rest', 'cannot be reached (ECONNREFUSED)')
    await untilFailing('docker', `There is no Docker socket ${docker.socket}`)
    for (const host of hosts) await untilAnswer(ports.http, host, ['two'])
    expect(front().output()).not.toContain('the-secret-key')
  },
)
