import type { BackendInput } from '../../domain/backend.ts'
import { parseGatewayDocument } from '../gateway-document.ts'
import { GatewayFileError } from '../gateway-file-error.ts'
import { backendsIn } from '../own-form.ts'
import { SourceError } from '../source-error.ts'

/** The backends in a text: YAML, and so JSON too. */
export function readDocument(text: string, path: string): BackendInput[] {
  // A file that is being written is empty first.
  if (text.trim() === '') throw new SourceError(`${path} is empty: where there is no backend, write "backends: []"`)
  const backends = backendsIn(parse(text, path))
  if (backends === null) throw new SourceError(`${path} has no list of backends: it begins with "backends:"`)
  return backends
}

function parse(text: string, path: string): unknown {
  try {
    return parseGatewayDocument(text).value
  } catch (error) {
    if (!(error instanceof GatewayFileError)) throw error
    throw new SourceError(`${path} is neither YAML nor JSON: ${error.message.split('\n')[0]}`)
  }
}
