import type { BackendInput } from '../domain/backend.ts'
import { plainJson } from '../lib/plain-json.ts'
import type { BackendEvent } from './provider.ts'

/** What a source has, by name. One that is named twice, or not at all, makes the whole answer worthless: what is missing in it would be removed. */
export function byName<T extends { name: string }>(backends: readonly T[]): Map<string, T> {
  if (!Array.isArray(backends)) throw new Error('The source must answer with a list of backends')
  const found = new Map<string, T>()
  for (const [i, backend] of backends.entries()) {
    const name: unknown = backend?.name
    if (typeof name !== 'string' || name === '') throw new Error(`The backend at place ${i + 1} has no name`)
    if (found.has(name)) throw new Error(`The source names the backend ${JSON.stringify(name)} twice`)
    found.set(name, backend)
  }
  return found
}

/** What has become of the one since the other. */
export function differences(
  before: ReadonlyMap<string, BackendInput>,
  after: ReadonlyMap<string, BackendInput>,
): BackendEvent[] {
  const gone = [...before.keys()].filter((name) => !after.has(name))
  const events: BackendEvent[] = gone.map((name) => ({ type: 'DELETE', name }))
  for (const [name, backend] of after) {
    const old = before.get(name)
    if (old === undefined) events.push({ type: 'ADD', backend })
    else if (old !== backend && plainJson(old) !== plainJson(backend)) events.push({ type: 'UPDATE', backend })
  }
  return events
}
