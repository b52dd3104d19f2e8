import { Backend, type BackendInput } from '../../domain/backend.ts'
import { sentencesOf } from '../../lib/problems.ts'
import { type Snapshot, understood } from '../snapshot.ts'
import type { Container } from './api.ts'
import { ownLabels, PREFIX, readLabels, unknownLabels } from './labels.ts'

type ServerInput = BackendInput['servers'][number]
type ServerState = NonNullable<ServerInput['state']>

export interface Surroundings {
  /** Of several networks of a container, the one in which the front reaches it. */
  network: string | undefined
  /** Where the ports of containers are that have the machine's own network. */
  hostAddress: string
  /** Containers that were told to stop, and still run. */
  stopping: ReadonlySet<string>
}

const LONGEST_NAME = 63

interface Part {
  backend: BackendInput
  check: ServerInput['check']
  createdAt: number
}

/** Containers with labels as backends. What is wrong with one is said, and it alone is left out. */
export function toSnapshot(containers: Container[], surroundings: Surroundings): Snapshot {
  const parts = new Map<string, Part[]>()
  const problems: string[] = []
  for (const container of containers) {
    const { part, wrong } = partOf(container, surroundings)
    problems.push(...wrong.map((sentence) => `container ${nameOf(container)}: ${sentence}`))
    if (part) parts.set(part.backend.name, [...(parts.get(part.backend.name) ?? []), part])
  }
  return { ...understood([...parts.values()].map(joined)), problems }
}

/**
 * What the newest container says of the backend holds, so the next version of an app brings its own hosts; and so does how
 * it is checked, since HAProxy asks all servers of a backend the same.
 */
function joined(parts: Part[]): BackendInput {
  const newest = parts.toSorted((a, b) => a.createdAt - b.createdAt).at(-1)
  const servers = parts.flatMap(({ backend }) => backend.servers).sort((a, b) => (a.name < b.name ? -1 : 1))
  const check = newest?.check === undefined ? {} : { check: newest.check }
  return { name: '', ...newest?.backend, servers: servers.map(({ check: _, ...server }) => ({ ...server, ...check })) }
}

/** A backend with this container alone as its server; or without one, as long as it does not run. */
function partOf(container: Container, surroundings: Surroundings): { part: Part | null; wrong: string[] } {
  const own = ownLabels(container.Labels ?? {})
  const labels = readLabels(own)
  const unknown = unknownLabels(own).map((label) => `the label ${label} means nothing`)
  const state = stateOf(container, surroundings.stopping)
  const place = state === null ? null : placeOf(container, labels, surroundings)
  if (typeof place === 'string') return { part: null, wrong: [...unknown, place] }
  const servers = place && state ? [{ name: nameOf(container), ...place, ...labels.server, state }] : []
  const backend = { ...labels.backend, servers }
  const parsed = Backend.safeParse(backend)
  const { check } = labels.server as Pick<ServerInput, 'check'>
  const part = { backend: backend as BackendInput, check, createdAt: container.Created }
  if (parsed.success) return { part, wrong: unknown }
  const wrong = sentencesOf(parsed.error.issues).map(({ path, sentence }) => `${labelAt(path)} ${sentence}`)
  return { part: null, wrong: [...unknown, ...wrong] }
}

/** `null`: it does not run. */
function stateOf({ Id, State, Status, Health }: Container, stopping: ReadonlySet<string>): ServerState | null {
  if (State === 'paused') return 'maint'
  if (State !== 'running') return null
  const health = Health?.Status ?? /\((?:health: )?(\w+)\)$/.exec(Status)?.[1]
  if (health === 'starting') return 'maint'
  return stopping.has(Id) || health === 'unhealthy' ? 'drain' : 'ready'
}

/** Where it is reached, or why it is not. */
function placeOf(
  { Ports, HostConfig, NetworkSettings }: Container,
  labels: { network: string | undefined; port: number | undefined },
  { network: usual, hostAddress }: Surroundings,
): { address: string; port: number } | string {
  const open = [...new Set((Ports ?? []).filter(({ Type }) => Type === 'tcp').map(({ PrivatePort }) => PrivatePort))]
  const port = labels.port ?? (open.length === 1 ? open[0] : undefined)
  if (port === undefined) {
    const found =
      open.length === 0 ? 'it exposes no port' : `it exposes the ports ${open.sort((a, b) => a - b).join(', ')}`
    return `${found}: say which by the label ${PREFIX}port`
  }
  if (HostConfig?.NetworkMode === 'host') return { address: hostAddress, port }
  const networks = new Map(
    Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([name, { IPAddress, GlobalIPv6Address }]) => {
      const address = IPAddress || GlobalIPv6Address
      return address ? [[name, address]] : []
    }),
  )
  const wanted = labels.network ?? (usual !== undefined && networks.has(usual) ? usual : undefined)
  const [name = '', ...others] = wanted === undefined ? networks.keys() : [wanted]
  const address = networks.get(name)
  if (address === undefined) return wanted === undefined ? 'it has no address' : `it is not in the network ${wanted}`
  if (others.length > 0)
    return `it is in the networks ${[name, ...others].sort().join(', ')}: say which by the label ${PREFIX}network`
  return { address, port }
}

/** What the label is whose value is at this place: of `servers[0].check.path` it is `cloudlunacy.check.path`. */
function labelAt(path: string): string {
  if (path === 'servers[0].name') return `its name, or the label ${PREFIX}server,`
  const field = path.replace(/^servers\[0\]\./, '').replace(/\[\d+\]$/, '')
  return `the label ${PREFIX}${field === 'name' ? 'backend' : field}`
}

/** As people know it: Docker writes a slash before. What is longer than a server's name may be is told apart by its id. */
function nameOf({ Names: [name], Id }: Container): string {
  const id = Id.slice(0, 12)
  const known = name?.replace(/^\//, '') || id
  return known.length <= LONGEST_NAME ? known : `${known.slice(0, LONGEST_NAME - id.length - 1)}-${id}`
}
