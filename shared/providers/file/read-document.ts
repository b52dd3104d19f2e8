import { parse, YAMLError } from 'yaml'
import type { BackendInput } from '../../domain/backend.ts'
import { findProblem } from '../../lib/json-problem.ts'
import { backendsIn } from '../own-form.ts'
import { SourceError } from '../source-error.ts'

/** The backends in a text: JSON where the file's name ends so, otherwise YAML. */
export function readDocument(text: string, path: string): BackendInput[] {
  // A file that is being written is empty first.
  if (text.trim() === '') throw new SourceError(`${path} is empty: where there is no backend, write "backends: []"`)
  const backends = backendsIn(path.endsWith('.json') ? readJson(text, path) : readYaml(text, path))
  if (backends === null) throw new SourceError(`${path} has no list of backends: it begins with "backends:"`)
  return backends
}

function readJson(text: string, path: string): unknown {
  const problem = findProblem(text)
  if (problem !== null) throw new SourceError(`The JSON of ${path} ${problem}`)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SourceError(`${path} is no JSON: ${error instanceof Error ? error.message : error}`)
  }
}

function readYaml(text: string, path: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    const where = error instanceof YAMLError && error.linePos ? ` (line ${error.linePos[0].line})` : ''
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new SourceError(`${path} is no YAML${where}: ${why}`)
  }
}
