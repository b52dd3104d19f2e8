import { pidIn, STAY_OPEN } from './command-line.ts'
import { type Dialogue, MASTER_PROMPT, openDialogue, WORKER_PROMPT } from './dialogue.ts'
import { parseProcesses } from './processes.ts'

export interface Sockets {
  /** The master's. */
  masterSocket: string
  /** The workers' own, where the configuration has it: whoever of them takes connections answers there. */
  workerSocket: string
}

/** A worker that begins may leave its socket to the one before it for a moment. */
const TRY_AGAIN_MS = 1_000
/** Somebody who listens there need not be HAProxy. */
const OPENING_MS = 1_000

/**
 * The worker that takes new connections, by its own socket where that is surely its: there a command takes a tenth of
 * what it takes by way of the master. The connection to the master is kept open beside it: a reload closes that one, and
 * with it this, so that nothing reaches a worker that has been replaced, nor keeps it from ending.
 */
export async function openWorkerDialogue(sockets: Sockets, onClose: () => void): Promise<Dialogue> {
  let [worker, triedAtMs]: [Dialogue | null, number] = [null, Number.NEGATIVE_INFINITY]
  let closed = false
  const closeWith = () => {
    closed = true
    worker?.end()
    onClose()
  }
  const master = await openDialogue(sockets.masterSocket, { prompt: MASTER_PROMPT, onClose: closeWith })
  const lookForWorker = async () => {
    triedAtMs = performance.now()
    let [found, gone]: [Dialogue | null, boolean] = [null, false]
    found = await currentWorker(master, sockets.workerSocket, () => {
      gone = true
      if (found && worker === found) master.end()
    })
    if (closed) found?.end()
    else if (!gone) worker = found
  }
  return {
    async ask(commands) {
      if (!worker && performance.now() - triedAtMs >= TRY_AGAIN_MS) await lookForWorker()
      return worker ? worker.ask(commands) : master.ask(commands.map((command) => `@1 ${command}`))
    },
    end: () => master.end(),
  }
}

/** Null where nobody answers there, or somebody else, or not to everything. */
async function currentWorker(master: Dialogue, path: string, onClose: () => void): Promise<Dialogue | null> {
  let worker: Dialogue | undefined
  try {
    worker = await openDialogue(path, { prompt: WORKER_PROMPT, onClose, openingMs: OPENING_MS })
    const [level, info = ''] = await worker.ask(['show cli level', 'show info', STAY_OPEN])
    const [processes = ''] = await master.ask(['show proc'])
    const pid = Number(pidIn(info))
    if (level === 'admin' && pid === parseProcesses(processes)?.worker) return worker
  } catch {
    // Not there, or gone at this moment: the master knows.
  }
  worker?.end()
  return null
}
