import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Process, processesIn } from './processes.ts'

/** A running HAProxy as one sees it who has the run of the machine: its processes, files and socket. */
export interface HaproxyInside {
  master(): Process
  /** All workers, those of before a reload too, the oldest first. */
  workers(): Process[]
  /** The one that takes new connections. */
  currentWorker(): Process
  configPath(): string
  /** One command to the worker that takes new connections. */
  command(line: string): Promise<string>
  /** The entries of a routing map in that worker. */
  map(name: string): Promise<Map<string, string>>
  /** How the map is called in commands. */
  mapPath(name: string): Promise<string>
}

/** That which was started with files in this folder. */
export function haproxyIn(folder: string): HaproxyInside {
  const all = () => processesIn(folder).filter(({ args }) => args[0]?.includes('haproxy') && args.includes('-W'))
  const master = () => {
    const running = all()
    const [any] = running
    // It has no arguments for a moment while a reload executes it anew, so its workers could be taken for it.
    const found = running.find(({ pid }) => any && pid === Number(readFileSync(argAfter(any.args, '-p'), 'utf8')))
    if (!found) throw new Error(`no HAProxy runs in ${folder}`)
    return found
  }
  const workers = () => {
    const { pid } = master()
    return all().filter(({ parent }) => parent === pid)
  }
  const configPath = () => {
    // Its workers have it too, also while a reload executes the master anew.
    const [any] = all()
    if (!any) throw new Error(`no HAProxy runs in ${folder}`)
    return argAfter(any.args, '-f')
  }
  const command = (line: string) => runtime(socketPath(readFileSync(configPath(), 'utf8')), line)
  const mapPath = async (name: string) => {
    const listed = await command('show map')
    const path = new RegExp(`\\((\\S*/${name.replace('.', '[.]')})\\)`).exec(listed)?.[1]
    if (!path) throw new Error(`HAProxy has no map ${name}:\n${listed}`)
    return path
  }
  return {
    master,
    workers,
    currentWorker() {
      const worker = workers().at(-1)
      if (!worker) throw new Error(`HAProxy has no worker in ${folder}`)
      return worker
    },
    configPath,
    command,
    mapPath,
    map: async (name) => parseMap(await command(`show map ${await mapPath(name)}`)),
  }
}

function argAfter(args: string[], flag: string): string {
  const value = args[args.indexOf(flag) + 1]
  if (value === undefined) throw new Error(`HAProxy runs without ${flag}: ${args.join(' ')}`)
  return value
}

function socketPath(configuration: string): string {
  const path = /^\s*stats socket (?:unix@)?(\/\S+)/m.exec(configuration)?.[1]
  if (!path) throw new Error('the configuration names no stats socket')
  return path
}

async function runtime(path: string, line: string): Promise<string> {
  const socket = connect(path)
  socket.end(`${line}\n`)
  return (await text(socket)).trimEnd()
}

/** Lines are `0xaddress key value`. */
const parseMap = (listed: string): Map<string, string> =>
  new Map(
    listed
      .split('\n')
      .filter((line) => line.startsWith('0x'))
      .map((line) => {
        const [, key = '', ...value] = line.split(' ')
        return [key, value.join(' ')]
      }),
  )
