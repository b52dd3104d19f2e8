import type { Folder } from '../config/folder.ts'
import type { Settings } from '../config/settings.ts'
import { openFront } from '../daemon/agent-front.ts'
import { askDaemon } from '../daemon/control.ts'
import { openMemory } from '../daemon/memory.ts'
import type { Status } from '../daemon/status.ts'
import { checkAccount } from './check-account.ts'
import { checkApps } from './check-apps.ts'
import { checkCertificate } from './check-certificate.ts'
import { checkDatabases } from './check-databases.ts'
import { checkFront } from './check-front.ts'
import { checkIngress } from './check-ingress.ts'
import { checkNames } from './check-names.ts'
import { checkService } from './check-service.ts'
import type { Finding } from './finding.ts'
import type { Patient } from './patient.ts'

/** From the account at the front to what is served. Each says what it finds, and never fails. */
const CHECKS: ((patient: Patient) => Promise<Finding[]> | Finding[])[] = [
  checkAccount,
  checkNames,
  checkCertificate,
  checkIngress,
  checkApps,
  checkDatabases,
  ({ signal }) => checkService(signal),
]

const TIMEOUT_MS = 5_000

/** One finding after the other, as they come. */
export async function* diagnose(
  settings: Settings,
  folder: Folder,
  { signal, now = Date.now }: { signal: AbortSignal; now?: () => number },
): AsyncGenerator<Finding> {
  const status = await askDaemon<Status>(folder.socket, 'status', signal).catch(() => null)
  const { domains } = await openMemory(folder.state)
  // Each waits for a front that is away.
  const [ofFront, routes] = await Promise.all([
    checkFront({ settings, folder, now, signal }),
    askRoutes(settings, folder, signal),
  ])
  const patient: Patient = { settings, folder, status, domains, routes, now, signal }
  yield* ofFront
  for (const check of CHECKS) {
    if (signal.aborted) return
    yield* await check(patient)
  }
}

async function askRoutes(settings: Settings, folder: Folder, signal: AbortSignal): Promise<Patient['routes']> {
  try {
    const front = await openFront(settings, folder)
    return {
      list: await front.client
        .listRoutes({ signal, patienceMs: 0, timeoutMs: TIMEOUT_MS })
        .finally(() => front.close()),
    }
  } catch (error) {
    return { error }
  }
}
