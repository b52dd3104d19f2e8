import { fewAtOnce } from '../../../shared/identity/few-at-once.ts'
import { ApiError } from '../api-error.ts'
import { askOnce } from './ask-once.ts'
import { createCommandConnection } from './command-connection.ts'
import { ConnectionLost } from './dialogue.ts'
import { type Processes, parseProcesses } from './processes.ts'
import { openWorkerDialogue, type Sockets } from './worker-dialogue.ts'

const MOST_CONNECTIONS = 8
/** HAProxy 3.2 sometimes never answers for a worker that ends at this moment: nobody may have to wait for that. */
const OLD_WORKER_MS = 1_500

export type Ask = (command: string) => Promise<string>

/** HAProxy's commands, to the worker that takes new connections and to those that end theirs. */
export interface Runtime {
  command(text: string): Promise<string>
  /** In one go; nothing of somebody else's comes between them. */
  commands(...texts: string[]): Promise<string[]>
  /** What concerns open connections too. Old workers come second, and one of them that fails is passed over. */
  commandEverywhere(text: string): Promise<string>
  commandOldWorkers(text: string): Promise<string[]>
  /** Several commands that no reload may come between; one way to speak to each worker, the current one first. */
  together<T>(work: (workers: Ask[]) => Promise<T>): Promise<T>
  processes(): Promise<Processes>
  /** Whether the worker has come so far that it takes commands, and connections. */
  workerAnswers(): Promise<boolean>
  /** Waits for what is under way, and keeps all else waiting until `work` is done. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /** The next command finds its way anew. */
  close(): void
}

export function createRuntime(sockets: Sockets): Runtime {
  const { masterSocket } = sockets
  const worker = createCommandConnection((onClose) => openWorkerDialogue(sockets, onClose))
  // Its queue of new connections is short: more than it holds are refused by the kernel (EAGAIN).
  const inTurn = fewAtOnce({ atOnce: MOST_CONNECTIONS, waiting: Number.POSITIVE_INFINITY })
  const askMaster = (command: string, timeoutMs?: number) => inTurn(() => askOnce(masterSocket, command, { timeoutMs }))
  let oldWorkers: number[] = []
  let gate: Promise<unknown> = Promise.resolve()
  const running = new Set<Promise<unknown>>()

  const processes = async (): Promise<Processes> => {
    const found = parseProcesses(await askMaster('show proc'))
    if (!found) throw new ConnectionLost()
    oldWorkers = found.oldWorkers
    return found
  }
  const track = async <T>(work: () => Promise<T>): Promise<T> => {
    await gate
    const run = work()
    running.add(run)
    try {
      return await run
    } catch (error) {
      throw error instanceof ConnectionLost ? new ApiError(503, error.message, error) : error
    } finally {
      running.delete(run)
    }
  }
  const toOldWorkers = async (text: string): Promise<string[]> => {
    const answers = await Promise.all(
      oldWorkers.map(async (pid) => {
        const answer = await askMaster(`@!${pid} ${text}`, OLD_WORKER_MS).catch(() => null)
        if (answer === null || answer.startsWith("Can't find the target")) {
          oldWorkers = oldWorkers.filter((each) => each !== pid)
          return null
        }
        return answer
      }),
    )
    return answers.filter((answer) => answer !== null)
  }
  return {
    processes,
    workerAnswers: () =>
      askMaster('@1 show version').then(
        (answer) => /^\d/.test(answer),
        () => false,
      ),
    commands: (...texts) => track(() => worker.send(...texts)),
    command: async (text) => only(await track(() => worker.send(text))),
    commandEverywhere: (text) =>
      track(async () => {
        const answer = only(await worker.send(text))
        if (oldWorkers.length > 0) await toOldWorkers(text)
        return answer
      }),
    together: (work) =>
      track(() =>
        work([
          async (text) => only(await worker.send(text)),
          ...oldWorkers.map((pid) => (text: string) => askMaster(`@!${pid} ${text}`, OLD_WORKER_MS)),
        ]),
      ),
    commandOldWorkers: (text) => track(() => toOldWorkers(text)),
    exclusively(work) {
      const before = gate
      const done = before.then(async () => {
        await Promise.allSettled(running)
        return work()
      })
      gate = done.catch(() => undefined)
      return done
    },
    close: () => worker.close(),
  }
}

const only = ([answer = '']: string[]) => answer
