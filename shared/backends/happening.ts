import type { Json } from '../kv/kv.ts'
import type { Changed } from './commit.ts'

const MOST_NAMES = 20

/** What the audit log says of changes that are one commit. */
export function happeningOf(changed: readonly Changed[]): {
  action: string
  target: string
  details: { [name: string]: Json }
} {
  const [first, ...others] = changed
  const record = first?.after ?? first?.before?.value
  if (first && record && others.length === 0) {
    const { provider, revision, backend } = record
    return { action: `backend.${didOf(first)}`, target: backend.name, details: { provider, revision } }
  }
  const count = (did: string) => changed.filter((each) => didOf(each) === did).length
  const records = changed.flatMap(({ before, after }) => after ?? before?.value ?? [])
  return {
    action: 'backend.bulk',
    target: [...new Set(records.map(({ provider }) => provider))].join(' '),
    details: {
      created: count('create'),
      changed: count('change'),
      removed: count('remove'),
      names: records.slice(0, MOST_NAMES).map(({ backend }) => backend.name),
    },
  }
}

const didOf = ({ before, after }: Changed) => (after === null ? 'remove' : before === null ? 'create' : 'change')
