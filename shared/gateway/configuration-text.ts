import type { Backend } from '../dataplane/models.ts'
import { backendServers, type Configuration, printBackend, type Section, sameFrame } from '../haproxy-text/index.ts'
import { serverChanges } from './server-changes.ts'

/** What is to stand in a node's file. */
export interface Wanted {
  /** The front's own sections. */
  base: readonly Section[]
  /** Backends that are made or written anew, at the end. */
  made: readonly Backend[]
  removed: readonly string[]
  /** Backends whose servers have changed, at their places. */
  moved: readonly Backend[]
}

/** Foreign sections keep every line and their order. */
export function assembleConfiguration(there: Configuration, { base, made, removed, moved }: Wanted): Configuration {
  const gone = new Set([...base.map(identity), ...[...removed, ...made.map(({ name }) => name)].map(identityOfBackend)])
  const kept = moveServers(there, moved).sections.filter((section) => !gone.has(identity(section)))
  const [global, rest] = [kept.filter(isGlobal), kept.filter((section) => !isGlobal(section))]
  return { head: there.head, sections: [...global, ...base, ...rest, ...made.map(printBackend)] }
}

export function moveServers({ head, sections }: Configuration, moved: readonly Backend[]): Configuration {
  const byIdentity = new Map(moved.map((backend) => [identityOfBackend(backend.name), backend]))
  return {
    head,
    sections: sections.map((section) => {
      const backend = byIdentity.get(identity(section))
      return backend ? printBackend(backend) : section
    }),
  }
}

/** Whether nothing but servers is other than it should be, and those in what HAProxy changes while it runs. */
export function differsInServers(section: Section, wanted: Backend): boolean {
  if (!sameFrame(printBackend(wanted), section)) return false
  const there = Object.fromEntries(backendServers(section).map((server) => [server.name, server]))
  return serverChanges(there, wanted.servers ?? {}) !== null
}

export const identity = ({ kind, name }: Pick<Section, 'kind' | 'name'>): string => `${kind} ${name}`
const identityOfBackend = (name: string): string => identity({ kind: 'backend', name })
export const isGlobal = ({ kind }: Section): boolean => kind === 'global'
