import { connect } from 'node:net'
import { askOnce } from './ask-once.ts'

export interface RingFollowing {
  /** Looks for a new worker now instead of soon. */
  look(): void
  stop(): void
}

export interface FollowRingOptions {
  /** The workers' own: who takes new connections answers. */
  socket: string
  masterSocket: string
  ring: string
  line(text: string): void
}

/** A worker of somebody else's reload is found after so long. */
const LOOK_EVERY_MS = 1_000
/** What the last connection's end was logged by is there by then. */
const LAST_LINES_MS = 100
/** After a reload: first for the new worker, then for the old one, which should not be kept from ending. */
const LOOKS_MS = [20, 200, 500]

/** A worker's ring, from the connection's beginning on. */
interface Stream {
  /** Null until it has said so. */
  pid: string | null
  close(): void
}

/**
 * Every line of a ring of HAProxy's, of each worker in turn. A worker of before a reload goes on writing into its own
 * ring: it is followed until it serves nobody any more, and then let go, for an open command keeps it from ending.
 */
export function followRing({ socket, masterSocket, ring, line }: FollowRingOptions): RingFollowing {
  const streams = new Set<Stream>()
  const known = new Set<string>()
  let [stopped, looking] = [false, false]

  const look = async () => {
    if (looking || stopped) return
    looking = true
    try {
      const current = pidIn(await askOnce(socket, 'show info'))
      const pids = [...streams].map(({ pid }) => pid)
      if (current !== null && !pids.includes(current) && !pids.includes(null)) open(current)
      for (const stream of streams) if (stream.pid !== null && stream.pid !== current) await letGoIfIdle(stream)
    } catch {
      // HAProxy is starting, or gone: the next look tells.
    } finally {
      looking = false
    }
  }

  const open = (expected: string) => {
    const onlyNew = known.has(expected) ? ' -n' : ''
    const command = `set timeout cli ${LONGEST_SECONDS};show info;show events ${ring} -w${onlyNew}`
    const stream: Stream = { pid: null, close: () => undefined }
    streams.add(stream)
    const take = (text: string) => {
      if (stream.pid !== null) return line(text)
      const pid = pidIn(text)
      if (pid === null) return
      // Of a reload at just this moment: its lines are read already.
      if ([...streams].some((other) => other.pid === pid)) return stream.close()
      stream.pid = pid
      known.add(pid)
    }
    stream.close = readStream(socket, command, take, () => streams.delete(stream))
  }

  const letGoIfIdle = async (stream: Stream) => {
    const info = await askOnce(masterSocket, `@!${stream.pid} show info`)
    if (!/^CurrConns: [1-9]/m.test(info)) setTimeout(stream.close, LAST_LINES_MS).unref()
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
      for (const { close } of streams) close()
    },
  }
}

const pidIn = (info: string): string | null => /^Pid: (\d+)$/m.exec(info)?.[1] ?? null

const LONGEST_SECONDS = 86_400
/** A line that does not end within so many bytes is none of ours. */
const LONGEST_LINE = 16_384

/** Gives back what ends it. */
function readStream(path: string, command: string, line: (text: string) => void, closed: () => void): () => void {
  const socket = connect(path)
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) rest = ''
    for (const text of lines) if (text !== '' && !socket.destroyed) line(text)
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', closed)
  socket.unref()
  socket.write(`${command}\n`)
  return () => socket.destroy()
}
