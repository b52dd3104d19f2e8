import { createHash } from 'node:crypto'
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { StartRefusal } from './start-refusal.ts'

/** Where everything lies. */
export interface Paths {
  folder: string
  configuration: string
  /** The text that HAProxy was last seen to run. */
  lastGood: string
  maps: string
  certificates: string
  /** Other files that a configuration names. */
  general: string
  log: string
  lock: string
  pid: string
  /** For sockets, also those of a configuration: short enough for their limit, and open to HAProxy's own user. */
  run: string
  masterSocket: string
  statsSocket: string
}

export interface HaproxyUser {
  uid: number
  gid: number
}

/** Makes the folders. Started by root, HAProxy gives up its rights to the user `haproxy`, if there is one. */
export function makePaths(dataFolder: string): { paths: Paths; user: HaproxyUser | null } {
  const folder = resolve(dataFolder)
  const user = process.getuid?.() === 0 ? haproxyUser() : null
  const paths = pathsIn(folder, runFolder(folder, user))
  try {
    for (const each of [folder, paths.maps, paths.certificates, paths.general]) {
      mkdirSync(each, { recursive: true, mode: 0o700 })
      chmodSync(each, 0o700)
    }
  } catch (cause) {
    throw new StartRefusal(
      `${folder} cannot be written: give this user write access to it, or use another folder`,
      cause,
    )
  }
  makeRunFolder(paths.run, user)
  return { paths, user }
}

function pathsIn(folder: string, run: string): Paths {
  return {
    folder,
    configuration: join(folder, 'haproxy.cfg'),
    lastGood: join(folder, 'haproxy.cfg.good'),
    maps: join(folder, 'maps'),
    certificates: join(folder, 'ssl'),
    general: join(folder, 'general'),
    log: join(folder, 'haproxy.log'),
    lock: join(folder, 'lock'),
    pid: join(folder, 'haproxy.pid'),
    run,
    masterSocket: join(run, 'master.sock'),
    statsSocket: join(run, 'haproxy.sock'),
  }
}

/** A socket's path has at most 107 bytes, and a data folder may lie deep, or where HAProxy's user may not enter. */
function runFolder(folder: string, user: HaproxyUser | null): string {
  const mark = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  if (user) return `/run/cloudlunacy-haproxy-${mark}`
  const inside = join(folder, 'run')
  return inside.length <= 80 ? inside : join(tmpdir(), `cloudlunacy-haproxy-${process.getuid?.() ?? 0}-${mark}`)
}

function makeRunFolder(path: string, user: HaproxyUser | null): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  // In a folder that all may write to, somebody else could have been first.
  if (!found.isDirectory() || found.uid !== process.getuid?.())
    throw new StartRefusal(`${path} belongs to another user: remove it, or set DATA_DIR to another folder`)
  if (user) chownSync(path, 0, user.gid)
  chmodSync(path, user ? 0o710 : 0o700)
}

function haproxyUser(): HaproxyUser | null {
  try {
    const line = /^haproxy:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
    return line ? { uid: Number(line[1]), gid: Number(line[2]) } : null
  } catch {
    return null
  }
}
