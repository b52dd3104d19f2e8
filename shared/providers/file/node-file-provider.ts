import type { BackendProvider } from '../provider.ts'
import { understood } from '../snapshot.ts'
import { SourceError } from '../source-error.ts'
import { watchSnapshots } from '../watched-snapshots.ts'
import { followFile } from './node-watched-file.ts'
import { readDocument } from './read-document.ts'

/** Watches a file of backends, in JSON or YAML. What cannot be read or understood leaves its last state. */
export const createFileProvider = ({ path }: { path: string }): BackendProvider =>
  watchSnapshots(async function* ({ signal, failed }) {
    for await (const found of followFile(path, signal)) {
      try {
        if (found instanceof SourceError) throw found
        yield understood(readDocument(found, path))
      } catch (error) {
        failed(error)
      }
    }
  })
