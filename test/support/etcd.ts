import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from './ports.ts'

/** Where the set-up unpacks it, if the system has none. */
const UNPACKED = '.tools/bin/etcd'
const BINARY = process.env.ETCD ?? (existsSync(UNPACKED) ? UNPACKED : 'etcd')

/** Named in ETCD, it must be there: then its tests fail rather than being left out. */
export const etcdIsHere = process.env.ETCD !== undefined || spawnSync(BINARY, ['--version']).status === 0

/** Real etcd processes on this machine, with a directory of their own. */
export interface EtcdCluster {
  endpoints: string[]
  /** Ends one member, and resolves when it is gone. Its data stays. */
  kill(member: number, signal?: NodeJS.Signals): Promise<void>
  /** Stops one member where it stands, as a machine that hangs; it goes on at `thaw`. */
  freeze(member: number): void
  thaw(member: number): void
  /** Starts it again on its data, and resolves when it is healthy. */
  restart(member: number): Promise<void>
  /** Which member leads. Asks until one does. */
  leader(): Promise<number>
  /** Forgets all revisions before the current one. */
  compact(): Promise<void>
  /** One call of the gateway, to the first member unless another is named. */
  call<T>(path: string, body: object, member?: number): Promise<T>
  stop(): Promise<void>
}

interface Member {
  name: string
  clientUrl: string
  peerUrl: string
  process?: ChildProcess
}

export interface StartEtcdOptions {
  /** Default 1. */
  members?: number
  /** After how long without a leader the others begin to elect one. Default 1,000, as etcd's own. */
  electionMs?: number
}

export async function startEtcd({
  members: count = 1,
  electionMs = 1_000,
}: StartEtcdOptions = {}): Promise<EtcdCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'front-etcd-'))
  const ports = await freePorts(2 * count)
  const members = Array.from({ length: count }, (_, i): Member => {
    const [client, peer] = ports.slice(2 * i)
    return { name: `m${i}`, clientUrl: `http://127.0.0.1:${client}`, peerUrl: `http://127.0.0.1:${peer}` }
  })
  const initialCluster = members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',')
  const memberAt = (index: number) => members[index] as Member
  const logOf = ({ name }: Member) => join(directory, `${name}.log`)

  const cleanUp = () => {
    for (const { process } of members) process?.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  process.once('exit', cleanUp)

  const start = (member: Member) => {
    const log = openSync(logOf(member), 'a')
    const flags = {
      ...memberFlags(member),
      'data-dir': join(directory, member.name),
      'initial-cluster': initialCluster,
      'heartbeat-interval': String(electionMs / 10),
      'election-timeout': String(electionMs),
    }
    const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
    member.process = spawn(BINARY, args, { stdio: ['ignore', log, log] })
    member.process.on('error', (error) => appendFileSync(logOf(member), String(error)))
    closeSync(log)
  }

  const healthy = async (member: Member): Promise<void> => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(20)) {
      if (member.process?.exitCode !== null) break
      if (await isHealthy(member.clientUrl)) return
    }
    throw new Error(`etcd ${member.name} does not become healthy:\n${readFileSync(logOf(member), 'utf8')}`)
  }

  const kill = async ({ process }: Member, signal: NodeJS.Signals): Promise<void> => {
    if (!process || process.exitCode !== null || process.signalCode !== null) return
    const gone = once(process, 'exit')
    process.kill(signal)
    await gone
  }

  const call = <T>(path: string, body: object, member = 0) => post<T>(memberAt(member).clientUrl, path, body)

  const stop = async () => {
    process.removeListener('exit', cleanUp)
    await Promise.all(members.map((member) => kill(member, 'SIGKILL')))
    cleanUp()
  }

  try {
    for (const member of members) start(member)
    await Promise.all(members.map(healthy))
  } catch (error) {
    await stop()
    throw error
  }

  return {
    endpoints: members.map(({ clientUrl }) => clientUrl),
    kill: (member, signal = 'SIGKILL') => kill(memberAt(member), signal),
    freeze: (member) => void memberAt(member).process?.kill('SIGSTOP'),
    thaw: (member) => void memberAt(member).process?.kill('SIGCONT'),
    async restart(member) {
      start(memberAt(member))
      await healthy(memberAt(member))
    },
    async leader() {
      for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
        for (const [index, { clientUrl }] of members.entries()) {
          const status = await post<MemberStatus>(clientUrl, '/v3/maintenance/status', {}).catch(() => null)
          if (status && status.leader === status.header.member_id) return index
        }
      }
      throw new Error('no member leads')
    },
    async compact() {
      const { header } = await call<MemberStatus>('/v3/kv/range', { key: btoa('a') })
      await call('/v3/kv/compaction', { revision: header.revision, physical: true })
    },
    call,
    stop,
  }
}

interface MemberStatus {
  header: { member_id: string; revision: string }
  leader: string
}

const memberFlags = ({ name, clientUrl, peerUrl }: Member) => ({
  name,
  'listen-client-urls': clientUrl,
  'advertise-client-urls': clientUrl,
  'listen-peer-urls': peerUrl,
  'initial-advertise-peer-urls': peerUrl,
  'quota-backend-bytes': String(256 * 1024 * 1024),
  logger: 'zap',
  'log-level': 'error',
})

async function post<T>(url: string, path: string, body: object): Promise<T> {
  const response = await fetch(url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(2_000),
  })
  if (!response.ok) throw new Error(`etcd answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) })
    return ((await response.json()) as { health: string }).health === 'true'
  } catch {
    return false
  }
}
