import type { BackendChange } from '../backends/decide.ts'
import { Backend, type BackendInput, BackendName } from '../domain/backend.ts'
import { firstOf } from '../lib/first-of.ts'
import { sentencesOf } from '../lib/problems.ts'
import { type BackendEvent, nameOf } from './provider.ts'

export type Parsed<T> = { value: T } | { problem: string }

const MOST_SENTENCES = 5

/** The only door through which a provider's words come in. */
export function parseBackend(input: BackendInput): Parsed<Backend> {
  const result = Backend.safeParse(input)
  if (result.success) return { value: result.data }
  const sentences = sentencesOf(result.error.issues).map(({ path, sentence }) => `${path} ${sentence}`.trim())
  return { problem: firstOf(sentences, MOST_SENTENCES).join('; ') }
}

export function parseEvent(event: BackendEvent): Parsed<BackendChange> {
  const name = nameOf(event)
  if (event.type === 'DELETE')
    return BackendName.safeParse(name).success
      ? { value: { name, backend: null } }
      : { problem: 'no backend can have such a name' }
  const parsed = parseBackend(event.backend)
  return 'problem' in parsed ? parsed : { value: { name, backend: parsed.value } }
}
