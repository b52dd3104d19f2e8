import type { BackendInput } from '../domain/backend.ts'
import { firstOf } from '../lib/first-of.ts'
import type { Watching } from './provider.ts'
import { SourceError } from './source-error.ts'

/** All that a source has at one moment, where it can be understood in part. */
export interface Snapshot {
  backends: BackendInput[]
  /** A sentence for each thing in it that cannot be understood. */
  problems: string[]
  /** Whose state cannot be told from it: what was known of them holds. */
  unclear: ReadonlySet<string>
}

export type Known = ReadonlyMap<string, BackendInput>

const MOST_PROBLEMS = 10

export const understood = (backends: BackendInput[]): Snapshot => ({ backends, problems: [], unclear: new Set() })

/** What holds after a snapshot. */
export function knownAfter(before: Known, { backends, unclear }: Snapshot): Map<string, BackendInput> {
  const after = new Map(backends.map((backend) => [backend.name, backend]))
  for (const name of unclear) {
    const backend = before.get(name)
    if (backend && !after.has(name)) after.set(name, backend)
  }
  return after
}

/** Of whom nothing is known at all, that may not be taken for their being gone. */
export function tellOutcome(known: Known, { problems, unclear }: Snapshot, { succeeded, failed }: Watching): void {
  const trouble = firstOf(problems, MOST_PROBLEMS).join('; ')
  if ([...unclear].every((name) => known.has(name))) succeeded(trouble === '' ? undefined : trouble)
  else failed(new SourceError(trouble))
}
