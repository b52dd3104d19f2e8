import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import type { BackendInput } from '../../../shared/domain/backend.ts'
import { createNodeFetch } from '../../../shared/lib/node-fetch.ts'
import { createDockerProvider } from '../../../shared/providers/docker/docker-provider.ts'
import { createEtcdProvider } from '../../../shared/providers/etcd/etcd-provider.ts'
import { createFileProvider } from '../../../shared/providers/file/node-file-provider.ts'
import { createRestProvider } from '../../../shared/providers/rest/rest-provider.ts'
import { describeEtcd } from '../../support/describe-etcd.ts'
import { startDocker } from '../../support/docker.ts'
import { type EtcdCluster, startEtcd } from '../../support/etcd.ts'
import { newFolder } from '../../support/folder.ts'
import { listen } from '../../support/targets.ts'
import { providerConformance } from '../conformance.ts'

providerConformance('REST', async () => {
  const backends = new Map<string, BackendInput>()
  let isBroken = false
  const server = createServer((_, response) =>
    isBroken ? response.writeHead(500).end() : response.end(JSON.stringify([...backends.values()])),
  )
  const url = `http://127.0.0.1:${await listen(server)}`
  return {
    provider: createRestProvider({ url, intervalMs: 10 }),
    put: async (backend) => void backends.set(backend.name, backend),
    remove: async (name) => void backends.delete(name),
    breakSource: async () => {
      isBroken = true
    },
    mendSource: async () => {
      isBroken = false
    },
  }
})

providerConformance('file', async () => {
  const path = join(newFolder(), 'backends.json')
  const backends = new Map<string, BackendInput>()
  const write = async () => writeFileSync(path, JSON.stringify({ backends: [...backends.values()] }))
  await write()
  return {
    provider: createFileProvider({ path }),
    put: (backend) => {
      backends.set(backend.name, backend)
      return write()
    },
    remove: (name) => {
      backends.delete(name)
      return write()
    },
    breakSource: async () => writeFileSync(path, '{"backends": ['),
    mendSource: write,
  }
})

providerConformance('Docker', async () => {
  const docker = await startDocker()
  onTestFinished(docker.stop)
  const { fetch, close } = createNodeFetch({ socketPath: docker.socket })
  onTestFinished(close)
  const containers = new Map<string, string>()
  return {
    provider: createDockerProvider({ name: docker.socket, fetch }),
    async put({ name, hosts = [], servers }) {
      for (const { name: server, address, port } of servers) {
        if (containers.has(`${name}-${server}`)) continue
        containers.set(`${name}-${server}`, name)
        const own = { backend: name, server, hosts: hosts.join(), port: String(port) }
        const labels = Object.fromEntries(Object.entries(own).map(([label, value]) => [`cloudlunacy.${label}`, value]))
        docker.run(`${name}-${server}`, { labels, networks: { bridge: address } })
      }
    },
    async remove(name) {
      for (const [container, backend] of containers) {
        if (backend === name && containers.delete(container)) docker.remove(container)
      }
    },
    breakSource: docker.close,
    mendSource: docker.open,
  }
})

describeEtcd('etcd', () => {
  let etcd: EtcdCluster
  beforeAll(async () => {
    etcd = await startEtcd()
  })
  afterAll(() => etcd?.stop())

  providerConformance('etcd', async () => {
    const prefix = `/${crypto.randomUUID()}/`
    return {
      provider: createEtcdProvider({
        endpoints: etcd.endpoints,
        prefix,
        attemptMs: 200,
        callMs: 400,
        silenceMs: 500,
      }),
      put: (backend) =>
        etcd.call('/v3/kv/put', { key: btoa(prefix + backend.name), value: btoa(JSON.stringify(backend)) }),
      remove: (name) => etcd.call('/v3/kv/deleterange', { key: btoa(prefix + name) }),
      breakSource: async () => etcd.freeze(0),
      mendSource: async () => etcd.thaw(0),
    }
  })
})
