import { askOnce } from './ask-once.ts'
import { pidIn } from './command-line.ts'
import { openRing, type RingReader, type RingReading } from './read-ring.ts'

export interface RingFollowing {
  /** Looks for a new worker now instead of soon. */
  look(): void
  stop(): void
}

interface FollowRingOptions extends RingReader {
  /** The workers' own: who takes new connections answers. */
  socket: string
  masterSocket: string
  ring: string
}

/** A worker of somebody else's reload is found after so long. */
const LOOK_EVERY_MS = 1_000
/** What the last connection's end was logged by is there by then. */
const LAST_LINES_MS = 100
/** After a reload: first for the new worker, then for the old one, which should not be kept from ending. */
const LOOKS_MS = [20, 200, 500]

/**
 * Every line of a ring of HAProxy's, of each worker in turn. A worker of before a reload goes on writing into its own
 * ring: it is followed until it serves nobody any more, and then let go, for an open connection keeps it from ending.
 */
export function followRing({ socket, masterSocket, ring, ...reader }: FollowRingOptions): RingFollowing {
  const readings = new Map<string, RingReading>()
  const marks = new Map<string, string>()
  let [stopped, looking] = [false, false]

  const look = async () => {
    if (looking || stopped) return
    looking = true
    try {
      const current = pidIn(await askOnce(socket, 'show info'))
      if (current !== null && !readings.has(current)) await open()
      for (const pid of marks.keys()) if (pid !== current) marks.delete(pid)
      for (const [pid, reading] of readings) if (pid !== current) await letGoIfIdle(pid, reading)
    } catch {
      // HAProxy is starting, or gone: the next look tells.
    } finally {
      looking = false
    }
  }

  const open = async () => {
    const reading = await openRing(socket, ring)
    const { pid } = reading
    // Of a reload at just this moment: its lines are read already.
    if (stopped || readings.has(pid)) return reading.close()
    readings.set(pid, reading)
    void reading.read(reader, marks.get(pid) ?? '').then((mark) => {
      readings.delete(pid)
      marks.set(pid, mark)
    })
  }

  const letGoIfIdle = async (pid: string, reading: RingReading) => {
    const info = await askOnce(masterSocket, `@!${pid} show info`)
    if (!/^CurrConns: [1-9]/m.test(info)) setTimeout(reading.finish, LAST_LINES_MS).unref()
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  timer.unref()
  void look()
  return {
    look() {
      for (const ms of LOOKS_MS) setTimeout(() => void look(), ms).unref()
    },
    stop() {
      stopped = true
      clearInterval(timer)
      for (const { close } of readings.values()) close()
    },
  }
}
