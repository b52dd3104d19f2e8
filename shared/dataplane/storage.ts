import type { Answer, Calls } from './calls.ts'
import { fileName, mapName, plainText } from './checks.ts'
import type { CallOptions, DataPlane, LoadedAs } from './data-plane.ts'
import { DataPlaneError } from './data-plane-error.ts'
import { listOf } from './lists.ts'
import type { StoredFile } from './models.ts'

type Storage = Pick<
  DataPlane,
  'storedMaps' | 'storedMap' | 'storeMap' | 'storedFiles' | 'storedFile' | 'storeFile' | 'deleteFile'
>

const UPLOAD_TIMEOUT_MS = 30_000

const LOADED_PATHS: Record<LoadedAs, string> = {
  'ca-file': '/runtime/ssl_ca_files',
  'crl-file': '/runtime/ssl_crl_files',
}

export function storageCalls(calls: Calls): Storage {
  return {
    storedMaps: async (options) => listOf<StoredFile>(await calls.get('/storage/maps', options)),
    storedMap: (name, options) => content(calls, `/storage/maps/${mapName(name)}`, options),

    async storeMap(name, text, options) {
      const file = mapName(name)
      const body = text === '' ? EMPTY_MAP : plainText(text)
      const replaced = await calls.put(`/storage/maps/${file}`, { ...upload(options), text: body, expect: [404] })
      if (replaced.status === 404)
        return created(await calls.post('/storage/maps', { ...upload(options), form: form(file, body) }))
      return await find(calls, '/storage/maps', file, options)
    },

    storedFiles: async (options) => listOf<StoredFile>(await calls.get('/storage/general', options)),
    storedFile: (name, options) => content(calls, `/storage/general/${fileName(name)}`, options),

    async storeFile(name, text, { loadedAs, ...options } = {}) {
      const file = await writeFile(calls, fileName(name), plainText(text), options)
      return { ...file, needsReload: !(loadedAs && (await putIntoWorker(calls, loadedAs, file, text, options))) }
    },

    async deleteFile(name, options) {
      await calls.delete(`/storage/general/${fileName(name)}`, { ...options, expect: [404, 409] })
    },
  }
}

/** An empty body is refused. */
const EMPTY_MAP = '# empty\n'

/** The API replaces a file without reading it, so the worker's copy is one call more. */
async function putIntoWorker(
  calls: Calls,
  loadedAs: LoadedAs,
  { file }: StoredFile,
  text: string,
  options: CallOptions,
) {
  const path = `${LOADED_PATHS[loadedAs]}/${encodeURIComponent(file)}`
  try {
    await calls.put(path, { ...options, form: form(file, plainText(text)) })
    return true
  } catch (error) {
    if (error instanceof DataPlaneError && /not referenced by the configuration/.test(error.message)) return false
    throw error
  }
}

async function writeFile(calls: Calls, name: string, text: string, options: CallOptions): Promise<StoredFile> {
  const path = `/storage/general/${name}`
  const replaced = await calls.put(path, { ...upload(options), form: form(name, text), expect: [404] })
  if (replaced.status !== 404) return await find(calls, '/storage/general', name, options)
  return created(await calls.post('/storage/general', { ...options, form: form(name, text) }))
}

async function find(calls: Calls, path: string, name: string, options?: CallOptions): Promise<StoredFile> {
  const found = listOf<StoredFile>(await calls.get(path, options)).find((file) => file.storage_name === name)
  if (!found) throw new DataPlaneError('missing', `${name} is not stored`)
  return stored(found)
}

async function content(calls: Calls, path: string, options?: CallOptions): Promise<string | null> {
  const { status, text } = await calls.get(path, { timeoutMs: UPLOAD_TIMEOUT_MS, ...options, expect: [404] })
  return status === 404 ? null : text
}

export function created({ data }: Answer): StoredFile {
  return stored((data ?? {}) as StoredFile)
}

function stored({ storage_name, file }: StoredFile): StoredFile {
  if (!storage_name || !file) throw new DataPlaneError('unreachable', 'An answer without a file')
  return { storage_name, file }
}

/** Reloads are the caller's to say. */
function upload(options?: CallOptions) {
  return { timeoutMs: UPLOAD_TIMEOUT_MS, ...options, query: { skip_reload: true } }
}

export function form(name: string, text: string): FormData {
  const body = new FormData()
  body.set('file_upload', new Blob([text]), name)
  return body
}
