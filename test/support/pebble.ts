import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, onTestFinished, vi } from 'vitest'
import { createNodeFetch } from '../../shared/lib/node-fetch.ts'
import { newFolder } from './folder.ts'
import { createCertificates } from './haproxy-certificates.ts'
import { namedIsHere } from './named.ts'
import { freePorts } from './ports.ts'

const binaryOf = (name: string) => (existsSync(`.tools/bin/${name}`) ? resolve(`.tools/bin/${name}`) : name)
const PEBBLE = process.env.PEBBLE ?? binaryOf('pebble')
const NAME_SERVER = process.env.PEBBLE_CHALLTESTSRV ?? binaryOf('pebble-challtestsrv')

/** Named in PEBBLE, it must be there: then its tests fail rather than being left out. */
const pebbleIsHere = process.env.PEBBLE !== undefined || spawnSync(PEBBLE, ['-version']).status === 0

/** The same with a name server that takes updates. */
export const describeNamed = (name: string, tests: () => void): void => {
  const isHere = namedIsHere && pebbleIsHere
  describe.runIf(isHere)(isHere ? name : `${name} (left out: it wants Pebble and BIND)`, tests)
}

/** Tests against Let's Encrypt's own ACME server for tests, with its name server. */
export function describePebble(name: string, tests: () => void): void {
  const title = pebbleIsHere ? name : `${name} (left out: there is no Pebble on this machine, which wants Go)`
  describe.runIf(pebbleIsHere)(title, () => {
    vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
    tests()
  })
}

export interface Pebble {
  directory: string
  /** A file with the CA that vouches for the server itself. */
  caFile: string
  /** Where it asks for names. */
  dns: string
  /** Of the certificates that it issues, as PEM. */
  root(): Promise<string>
  /** What its name server says. */
  setText(name: string, value: string): Promise<void>
  clearText(name: string): Promise<void>
  setAddress(name: string, address: string): Promise<void>
  /** A call to what is there for tests alone. */
  manage(path: string, init?: RequestInit): Promise<Response>
  /** All that it printed. */
  log(): string
}

export interface PebbleOptions {
  /** Where it looks for answers by HTTP. */
  httpPort: number
  /** Another name server than its own. */
  nameServer?: string
  /** The share of nonces that it refuses, in percent. */
  refusedNonces?: number
  /** Seconds that it wants to be left alone between two looks. */
  retryAfter?: number
  lifeSeconds?: number
  external?: { keyId: string; hmacKey: string }
  /** Its validation sleeps for a while, as if the world were large. */
  isSlow?: boolean
}

export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const { httpPort, refusedNonces = 5, retryAfter = 1, lifeSeconds = 7_776_000, external, isSlow = false } = options
  const folder = newFolder()
  const [port, managementPort, dnsPort, dnsManagementPort] = await freePorts(4)
  const certificates = await createCertificates()
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, certificates.ca)
  const own = await certificates.server('localhost')
  writeFileSync(join(folder, 'cert.pem'), own.cert)
  writeFileSync(join(folder, 'key.pem'), own.key)
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: join(folder, 'cert.pem'),
    privateKey: join(folder, 'key.pem'),
    httpPort,
    tlsPort: 1,
    ocspResponderURL: '',
    externalAccountBindingRequired: external !== undefined,
    ...(external && { externalAccountMACKeys: { [external.keyId]: external.hmacKey } }),
    domainBlocklist: ['blocked.example'],
    retryAfter: { authz: retryAfter, order: retryAfter },
    keyAlgorithm: 'ecdsa',
    profiles: { default: { description: 'the usual one', validityPeriod: lifeSeconds } },
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ pebble }))
  const ownDns = `127.0.0.1:${dnsPort}`
  const dns = options.nameServer ?? ownDns
  const none = ['-doh', '', '-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', '']
  run(NAME_SERVER, ['-dnsserver', ownDns, '-management', `127.0.0.1:${dnsManagementPort}`, ...none], {})
  const printed = run(PEBBLE, ['-config', join(folder, 'config.json'), '-dnsserver', dns, '-strict'], {
    PEBBLE_WFE_NONCEREJECT: String(refusedNonces),
    PEBBLE_WFE_AUTHZREUSE: '0',
    ...(!isSlow && { PEBBLE_VA_NOSLEEP: '1' }),
  })
  const client = createNodeFetch({ ca: certificates.ca })
  onTestFinished(() => client.close())
  const manage = (path: string, init?: RequestInit) =>
    client.fetch(new Request(`https://localhost:${managementPort}${path}`, init))
  const tell = async (path: string, body: object) => {
    const at = `http://127.0.0.1:${dnsManagementPort}${path}`
    await fetch(at, { method: 'POST', body: JSON.stringify(body) })
  }
  const directory = `https://localhost:${port}/dir`
  await answers(() => client.fetch(new Request(directory)))
  await answers(() => tell('/clear-txt', { host: 'nobody.test.' }))
  return {
    directory,
    caFile,
    dns,
    root: async () => (await manage('/roots/0')).text(),
    setText: (name, value) => tell('/set-txt', { host: `${name}.`, value }),
    clearText: (name) => tell('/clear-txt', { host: `${name}.` }),
    setAddress: (name, address) => tell('/add-a', { host: `${name}.`, addresses: [address] }),
    manage,
    log: printed,
  }
}

function run(binary: string, args: string[], env: Record<string, string>): () => string {
  const child: ChildProcess = spawn(binary, args, { env: { PATH: process.env.PATH ?? '', ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return () => output
}

async function answers(ask: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + 20_000; ; await pause(20)) {
    try {
      await ask()
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}
