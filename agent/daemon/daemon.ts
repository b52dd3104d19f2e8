import { dirname, resolve } from 'node:path'
import type { Log } from '../../shared/log/log.ts'
import { createApps } from '../apps/apps.ts'
import type { Certificate } from '../certificates/certificate.ts'
import { createKeeper } from '../certificates/keeper.ts'
import { FrontError, isPassing } from '../client/front-error.ts'
import { backOffMs } from '../client/retry.ts'
import { type Folder, folderAt } from '../config/folder.ts'
import type { Settings } from '../config/settings.ts'
import { createHealth } from '../health/health.ts'
import { createIngress, type Ingress } from '../ingress/ingress.ts'
import { createPinger } from '../mongod/ping.ts'
import { rotateCertificates } from '../mongod/rotate.ts'
import { createMarks } from '../plan/marks.ts'
import { wantedRoutes } from '../plan/wanted.ts'
import { openFront } from './agent-front.ts'
import { askDaemon, serveControl } from './control.ts'
import { createConverger } from './converger.ts'
import { createEventReader } from './event-reader.ts'
import { ownFolder } from './files.ts'
import { healthSubjects } from './health-subjects.ts'
import { createHeartbeats } from './heartbeats.ts'
import { ingressRoutes } from './ingress-routes.ts'
import { openMemory } from './memory.ts'
import { type Reachability, watchReachability } from './reachability.ts'
import { runHook } from './run-hook.ts'
import { openSettingsFile } from './settings-file.ts'
import { statusOf } from './status-of.ts'

const LONGEST_PAUSE_MS = 60_000

export interface DaemonOptions {
  /** agent.yaml. */
  file: string
  environment: Record<string, string | undefined>
  version: string
  log: Log
  signal: AbortSignal
  now?: () => number
  random?: () => number
  /** It serves what it can serve without the front. */
  started?: () => void
}

/** Runs until the signal: what agent.yaml says, served and kept at the front. Whatever fails meanwhile is tried again. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { environment, version, log, signal, now = Date.now, random = Math.random } = options
  const file = resolve(options.file)
  const source = await openSettingsFile({
    path: file,
    environment,
    changed: (next) => adopt(next),
    refused: tellMistakes,
  })
  const first = source.settings
  const folder = folderAt(resolve(dirname(file), first.folder))
  await assertAlone(folder)
  await ownFolder(folder.path)

  const settings = () => ({ ...source.settings, ...fixed(first) })
  let reachability: Reachability | undefined
  const front = await openFront(first, folder, (ask) => {
    reachability = watchReachability({ ask, now, elapsed: () => performance.now(), told: tellReachability })
    return reachability.ask
  })
  const memory = await openMemory(folder.state)
  const pauseMs = (error: unknown, failures: number) => {
    const asked = error instanceof FrontError ? (error.retryAfterMs ?? 0) : 0
    return Math.max(asked, backOffMs(failures + 2, random, LONGEST_PAUSE_MS))
  }

  const apps = createApps({
    folder: dirname(file),
    logs: folder.logs,
    running: folder.running,
    docker: dockerSocket(environment),
    log,
    moved: () => spread(),
    drained: (upstream, until) => ingress.drained(upstream, until),
  })
  const health = createHealth({
    log,
    changed: () => heartbeats.wake(),
    pingerOf: (admin) => createPinger(admin, folder.certificates),
  })
  let ingress = createIngress({ ...first.ingress, log })
  const heartbeats = createHeartbeats({ front: front.client, health, apps, version, random, pauseMs })
  const keeper = createKeeper({
    agentId: first.agent,
    front: front.client,
    paths: folder.certificates,
    from: () => settings().certificates.from,
    now: () => reachability?.frontNow() ?? now(),
    pauseMs,
    log,
    changed: (certificate) => spreadCertificate(certificate),
  })
  const converger = createConverger({
    front: front.client,
    memory,
    marks: createMarks(front.client.agentKey),
    settings,
    wanted: () => wantedRoutes(settings(), apps.upstreamOf),
    pauseMs,
    log,
    learned: () => spread(),
    prepared: (until) =>
      keeper.ensure(until).catch((error) => {
        // What is refused for good is said by the keeper; routes that need no certificate need not wait for one.
        if (isPassing(error)) throw error
      }),
  })
  const events = createEventReader({ front: front.client, converger, keeper, pauseMs, log })

  /** To all parts, what is to be served now. */
  function spread(): void {
    ingress.route(ingressRoutes(settings(), memory.domains, apps.upstreamOf))
    health.watch(healthSubjects(settings(), apps.upstreamOf))
    converger.wake()
  }
  function adopt(next: Settings): void {
    log.info('agent.yaml has changed', { apps: next.apps.length, databases: next.databases.length })
    for (const name of restartNeededFor(first, next))
      log.warn(`agent.yaml: another "${name}" counts from the next start`)
    apps.apply(settings().apps)
    spread()
    converger.reconsider()
    if (next.ingress.port !== ingress.report.port) void moveIngress()
  }
  /** The old port serves until the front knows the new one and nobody comes to the old one any more. */
  async function moveIngress(): Promise<void> {
    const before: Ingress = ingress
    ingress = createIngress({ ...settings().ingress, log })
    const certificate = await keeper.load()
    if (certificate) ingress.present(certificate)
    spread()
    await ingress.start()
    setTimeout(() => void before.stop(), LONGEST_PAUSE_MS).unref()
  }
  function spreadCertificate(certificate: Certificate): void {
    ingress.present(certificate)
    front.trust(certificate.ca)
    void tellOthers()
  }
  /** Those who use the files. */
  async function tellOthers(): Promise<void> {
    const { databases, certificates } = settings()
    if (certificates.hook !== undefined) {
      await runHook(certificates.hook, folder.certificates, signal).then(
        () => log.info('The hook for certificates has run'),
        (error) => log.error('The hook for certificates failed', { error: String(error.stderr || error.message) }),
      )
    }
    // After the hook, which may bring the files to where a database reads them.
    for (const { name, error } of await rotateCertificates(databases, folder.certificates, { log, signal }))
      if (error !== null) log.error(`database ${name} did not take the certificate: ${error}`)
  }
  function tellMistakes(mistakes: string[]): void {
    log.error(`agent.yaml cannot be used as it is now, the former one stays in force: ${mistakes.join('; ')}`)
  }
  function tellReachability(reachable: boolean, error: string | null): void {
    if (reachable) log.info('The front answers again')
    else log.warn(`The front does not answer; what is served is served on. ${error ?? ''}`.trim())
    // What waits for its time after failures need not.
    if (reachable) for (const part of [converger, keeper, heartbeats, events]) part.wake()
  }

  const startedAt = new Date(now()).toISOString()
  const status = () => {
    if (!reachability) throw new Error('not started yet')
    const { mistakes } = source
    const known = { settings: settings(), mistakes, domains: memory.domains, startedAt, version }
    return statusOf({ ...known, reachability, keeper, ingress, converger, apps, health })
  }
  const control = await serveControl(folder.socket, {
    status,
    renew: () => keeper.renew(signal),
    async redeploy(_gone, name) {
      const outcome = apps.redeploy(name)
      return { known: outcome !== null, problem: await outcome }
    },
  })
  const certificate = await keeper.load()
  if (certificate) ingress.present(certificate)
  apps.apply(first.apps)
  spread()
  await ingress.start()
  options.started?.()
  try {
    await Promise.all([
      source.run(signal),
      converger.run(signal),
      keeper.run(signal),
      heartbeats.run(signal),
      events.run(signal),
    ])
  } finally {
    await ingress.stop()
    await apps.stop()
    await health.stop()
    await control.close()
    front.close()
  }
}

/** As Docker's own client finds it; another machine's is none of ours. */
const dockerSocket = ({ DOCKER_HOST = '' }: DaemonOptions['environment']) =>
  DOCKER_HOST.startsWith('unix://') ? DOCKER_HOST.slice('unix://'.length) : undefined

/** What everything was made with. */
const FIXED = ['agent', 'front', 'folder'] as const
const fixed = ({ agent, front, folder }: Settings) => ({ agent, front, folder })

const restartNeededFor = (first: Settings, next: Settings) =>
  FIXED.filter((name) => JSON.stringify(first[name]) !== JSON.stringify(next[name]))

export class RunsAlreadyError extends Error {}

async function assertAlone(folder: Folder): Promise<void> {
  const running = await askDaemon<{ pid: number }>(folder.socket, 'status').catch(() => null)
  if (running) throw new RunsAlreadyError(`The agent of this folder runs already, as process ${running.pid}`)
}
