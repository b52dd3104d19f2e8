import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { sleep } from '../../shared/lib/sleep.ts'
import { logOfApp } from '../apps/apps.ts'
import type { App } from '../config/app.ts'
import { type Command, CommandError, EXIT, type Input } from './command.ts'
import { openFolder, openProject } from './project.ts'

const USUAL_LINES = 50
const MOST_LINES = 100_000
const LOOK_MS = 250
const CHUNK_BYTES = 64 * 1024

export const logs: Command = {
  name: 'logs',
  takes: 'NAME',
  summary: 'What an app has printed, and what became of it',
  options: {
    lines: { value: 'N', short: 'n', about: `So many of the newest; ${USUAL_LINES} if not given` },
    follow: { short: 'f', about: 'Goes on with what is printed from now on, until Ctrl-C' },
  },
  about: 'Lines of the agent’s own begin with their time and [agent]. Older files are beside it: app.log.1 …',
  async run(input, terminal) {
    const [name = ''] = input.words
    const folder = await openFolder(input)
    const path = logOfApp(folder.logs, name)
    const count = linesOf(input)
    const file = open(path)
    if (file === null) {
      const { settings } = await openProject(input)
      const app = settings.apps.find((each) => each.name === name)
      throw new CommandError(whyNothing(name, app))
    }
    try {
      const { lines, end } = lastLines(file, count)
      terminal.answer({ name, path, lines })
      for (const line of lines) terminal.say(line)
      if (input.has('follow')) await follow(file, end, input.signal, (line) => terminal.say(line))
    } finally {
      closeSync(file)
    }
    return EXIT.done
  },
}

function whyNothing(name: string, app: App | undefined): string {
  if (!app) return `agent.yaml has no app "${name}"`
  if (app.target !== undefined) return `${name} runs without the agent, which does not see what it prints`
  return `${name} has printed nothing yet: cloudlunacy-agent status says whether it runs`
}

function linesOf(input: Input): number {
  const text = input.text('lines') ?? String(USUAL_LINES)
  const count = Number(text)
  if (/^\d+$/.test(text) && count <= MOST_LINES) return count
  throw new CommandError(`--lines must be a number to ${MOST_LINES}`, { exitCode: EXIT.misused })
}

function open(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch {
    return null
  }
}

/** Read from the end: a log is long, and its end is what is asked for. */
function lastLines(file: number, count: number): { lines: string[]; end: number } {
  const size = fstatSync(file).size
  let from = size
  let bytes = Buffer.alloc(0)
  let lines: string[] = []
  while (from > 0 && lines.length <= count) {
    const length = Math.min(CHUNK_BYTES, from)
    from -= length
    bytes = Buffer.concat([read(file, from, length), bytes])
    lines = bytes.toString().split('\n')
  }
  // What comes after the last line break is no line yet; what comes before the first one may be cut.
  const unfinished = Buffer.byteLength(lines.pop() ?? '')
  const whole = from > 0 ? lines.slice(1) : lines
  return { lines: count === 0 ? [] : whole.slice(-count), end: size - unfinished }
}

/** The file is emptied when it is put aside. */
async function follow(file: number, from: number, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  let at = from
  for (; !signal.aborted; await sleep(LOOK_MS, signal)) {
    const { size } = fstatSync(file)
    if (size < at) at = 0
    if (size === at) continue
    const text = read(file, at, Math.min(size - at, CHUNK_BYTES))
    const end = text.lastIndexOf(10) + 1
    if (end === 0) continue
    for (const line of text
      .subarray(0, end - 1)
      .toString()
      .split('\n'))
      say(line)
    at += end
  }
}

function read(file: number, from: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, readSync(file, buffer, 0, length, from))
}
