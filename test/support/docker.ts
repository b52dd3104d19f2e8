import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A container as the list of the Docker Engine API has it. */
interface ListedContainer {
  Id: string
  Names: string[]
  Labels: Record<string, string>
  State: string
  Status: string
  Created: number
  Ports: { PrivatePort: number; Type: string }[]
  HostConfig: { NetworkMode: string }
  NetworkSettings: { Networks: Record<string, { IPAddress: string; GlobalIPv6Address: string }> }
}

interface ContainerOptions {
  labels: Record<string, string>
  ports?: number[]
  /** The address in each network. */
  networks?: Record<string, string>
  networkMode?: string
}

/** Speaks the part of the Docker Engine API that tells of containers, as its documentation describes it. */
export interface Docker {
  socket: string
  /** As `docker run -d`. */
  run(name: string, options: ContainerOptions): void
  /** As the daemon at `docker stop`: the signal first, and later the end. */
  kill(name: string, signal?: string): void
  die(name: string): void
  start(name: string): void
  pause(name: string): void
  unpause(name: string): void
  health(name: string, health: 'starting' | 'healthy' | 'unhealthy'): void
  /** As `docker rm -f`. */
  remove(name: string): void
  /** Ends the streams of events, as a daemon that is restarted. */
  cutEvents(): void
  /** Stops listening until it is opened again. */
  close(): Promise<void>
  open(): Promise<void>
  stop(): Promise<void>
  /** The paths that were asked for. */
  requests: string[]
}

interface HappenedEvent {
  Type: string
  Action: string
  Actor: { ID: string; Attributes: Record<string, string> }
  scope: 'local'
  time: number
}

export async function startDocker({ apiVersion = '1.47' } = {}): Promise<Docker> {
  const folder = mkdtempSync(join(tmpdir(), 'front-docker-'))
  const socket = join(folder, 'docker.sock')
  const containers = new Map<string, ListedContainer>()
  const happened: HappenedEvent[] = []
  const listeners = new Set<{ response: ServerResponse; accepts: (event: HappenedEvent) => boolean }>()
  const requests: string[] = []
  let created = 0

  const tell = (Action: string, { Id, Names, Labels }: ListedContainer, attributes: Record<string, string> = {}) => {
    const Attributes = { ...Labels, name: (Names[0] as string).slice(1), ...attributes }
    const event: HappenedEvent = {
      Type: 'container',
      Action,
      Actor: { ID: Id, Attributes },
      scope: 'local',
      time: Math.floor(Date.now() / 1_000),
    }
    happened.push(event)
    for (const { response, accepts } of listeners) if (accepts(event)) response.write(`${JSON.stringify(event)}\n`)
  }
  const changed = (
    name: string,
    Action: string,
    change: Partial<ListedContainer>,
    attributes?: Record<string, string>,
  ) => {
    const container = containers.get(name)
    if (!container) throw new Error(`there is no container ${name}`)
    Object.assign(container, change)
    tell(Action, container, attributes)
  }

  const list = (parameters: URLSearchParams) => {
    const { label = [] } = JSON.parse(parameters.get('filters') ?? '{}') as { label?: string[] }
    return [...containers.values()].filter(
      ({ State, Labels }) =>
        (parameters.get('all') === 'true' || ['running', 'paused', 'restarting'].includes(State)) &&
        label.every((name) => name in Labels),
    )
  }
  const stream = (parameters: URLSearchParams, response: ServerResponse) => {
    const { type, event: actions } = JSON.parse(parameters.get('filters') ?? '{}') as Record<string, string[]>
    const accepts = ({ Type, Action }: HappenedEvent) =>
      (type ?? [Type]).includes(Type) && (actions ?? [Action]).some((action) => Action.startsWith(action))
    const since = Number(parameters.get('since') ?? Number.POSITIVE_INFINITY)
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    for (const event of happened)
      if (event.time >= since && accepts(event)) response.write(`${JSON.stringify(event)}\n`)
    const listener = { response, accepts }
    listeners.add(listener)
    response.on('close', () => listeners.delete(listener))
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://docker')
    requests.push(url.pathname)
    const [, version, path = url.pathname] = /^\/v(\d+\.\d+)(\/.*)$/.exec(url.pathname) ?? []
    const answer = (status: number, body: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'api-version': apiVersion })
        .end(JSON.stringify(body))
    if (path === '/_ping') response.writeHead(200, { 'api-version': apiVersion }).end('OK')
    else if (version !== undefined && Number(version.slice(2)) > Number(apiVersion.slice(2)))
      answer(400, { message: `client version ${version} is too new. Maximum supported API version is ${apiVersion}` })
    else if (path === '/containers/json') answer(200, list(url.searchParams))
    else if (path === '/events') stream(url.searchParams, response)
    else answer(404, { message: 'page not found' })
  })
  const open = async () => {
    rmSync(socket, { force: true })
    server.listen(socket)
    await once(server, 'listening')
  }
  const close = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  await open()

  return {
    socket,
    requests,
    run(
      name,
      { labels, ports = [8080], networks = { bridge: `172.17.0.${containers.size + 2}` }, networkMode = 'bridge' },
    ) {
      created++
      containers.set(name, {
        Id: created.toString(16).padStart(64, '0'),
        Names: [`/${name}`],
        Labels: labels,
        State: 'running',
        Status: 'Up Less than a second',
        Created: 1_700_000_000 + created,
        Ports: ports.map((PrivatePort) => ({ PrivatePort, Type: 'tcp' })),
        HostConfig: { NetworkMode: networkMode },
        NetworkSettings: {
          Networks: Object.fromEntries(
            Object.entries(networks).map(([network, IPAddress]) => [network, { IPAddress, GlobalIPv6Address: '' }]),
          ),
        },
      })
      changed(name, 'create', {})
      changed(name, 'start', {})
    },
    kill: (name, signal = '15') => changed(name, 'kill', {}, { signal }),
    die: (name) =>
      changed(name, 'die', { State: 'exited', Status: 'Exited (0) Less than a second ago' }, { exitCode: '0' }),
    start: (name) => changed(name, 'start', { State: 'running', Status: 'Up Less than a second' }),
    pause: (name) => changed(name, 'pause', { State: 'paused', Status: 'Up 2 seconds (Paused)' }),
    unpause: (name) => changed(name, 'unpause', { State: 'running', Status: 'Up 3 seconds' }),
    health: (name, health) =>
      changed(name, `health_status: ${health}`, {
        Status: `Up 4 seconds (${health === 'starting' ? 'health: starting' : health})`,
      }),
    remove(name) {
      const container = containers.get(name)
      if (!container) return
      containers.delete(name)
      tell('destroy', container)
    },
    cutEvents() {
      for (const { response } of listeners) response.destroy()
    },
    open,
    close,
    async stop() {
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
