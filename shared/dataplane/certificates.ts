import { folderOf } from '../lib/folder-of.ts'
import type { Calls } from './calls.ts'
import { fileName, plainText } from './checks.ts'
import { NO_SUCH_CALL } from './configuration.ts'
import type { CallOptions, DataPlane } from './data-plane.ts'
import { DataPlaneError } from './data-plane-error.ts'
import { listOf } from './lists.ts'
import type { StoredCertificate } from './models.ts'
import { created, form } from './storage.ts'

type Certificates = Pick<
  DataPlane,
  'storedCertificates' | 'storeCertificate' | 'servesCertificate' | 'stapleCertificate' | 'deleteCertificate'
>

const STORE = '/storage/ssl_certificates'
const WORKER = '/runtime/ssl_certs'
const LISTS = '/runtime/ssl_crt_lists'

export function certificateCalls(calls: Calls): Certificates {
  return {
    storedCertificates: async (options) => listOf<StoredCertificate>(await calls.get(STORE, options)),

    async storeCertificate(name, pem, options = {}) {
      const text = plainText(pem)
      const known = await find(calls, fileName(name), options)
      const certificate = known ? await replace(calls, known, text, options) : await create(calls, name, text, options)
      return { ...certificate, needsReload: !(await served(calls, certificate.file, options)) }
    },

    async servesCertificate(name, fingerprint, options = {}) {
      const known = await find(calls, fileName(name), options)
      if (!known || digitsOf(known.sha256_finger_print ?? '') !== digitsOf(fingerprint)) return false
      return (await workerStatus(calls, known.file, options)) === 'Used'
    },

    async stapleCertificate(name, answer, options = {}) {
      const path = `${STORE}/${fileName(name)}/ocsp`
      const call = { ...options, expect: NO_SUCH_CALL }
      const { status } =
        answer === null ? await calls.delete(path, call) : await calls.put(path, { ...call, text: answer })
      return status === 204
    },

    async deleteCertificate(name, options = {}) {
      const known = await find(calls, fileName(name), options)
      if (!known) return
      await takeFromWorker(calls, known.file, options)
      await calls.delete(`${STORE}/${name}`, { ...options, query: { skip_reload: true }, expect: [404] })
    },
  }
}

const digitsOf = (fingerprint: string) => fingerprint.replaceAll(':', '').toLowerCase()

async function find(calls: Calls, name: string, options: CallOptions): Promise<StoredCertificate | null> {
  const { status, data } = await calls.get(`${STORE}/${name}`, { ...options, expect: [404] })
  return status === 404 ? null : (data as StoredCertificate)
}

/**
 * Stored and, in the same call, made known to the worker under its path, which no other call can do. Where the worker
 * does not take it the API reloads by itself (202).
 */
async function create(calls: Calls, name: string, pem: string, options: CallOptions): Promise<StoredCertificate> {
  return created(await calls.post(STORE, { ...options, form: form(name, pem) }))
}

/** The worker first: what it refuses (a key of another certificate) must not lie in wait for the next reload. */
async function replace(
  calls: Calls,
  known: StoredCertificate,
  pem: string,
  options: CallOptions,
): Promise<StoredCertificate> {
  if (await isLoaded(calls, known.file, options)) {
    await calls.put(`${WORKER}/${encodeURIComponent(known.file)}`, { ...options, form: form(known.storage_name, pem) })
  }
  const query = { skip_reload: true }
  return created(await calls.put(`${STORE}/${known.storage_name}`, { ...options, query, text: pem }))
}

/** Whether the worker uses it, after it was added to the folder or list that a `bind` loads. */
async function served(calls: Calls, file: string, options: CallOptions): Promise<boolean> {
  const status = await workerStatus(calls, file, options)
  if (status === null || status === 'Used') return status === 'Used'
  const folder = folderOf(file)
  const lists = listOf<{ file: string }>(await calls.get(LISTS, options))
  const list = lists.find((candidate) => candidate.file.replace(/\/$/, '') === folder)
  if (!list) return false
  await addToList(calls, list.file, file, options)
  return true
}

async function addToList(calls: Calls, list: string, file: string, options: CallOptions): Promise<void> {
  try {
    await calls.post(`${LISTS}/entries`, { ...options, query: { name: list }, json: { file } })
  } catch (error) {
    if (!(error instanceof DataPlaneError && /already exists in this directory/.test(error.message))) throw error
  }
}

async function takeFromWorker(calls: Calls, file: string, options: CallOptions): Promise<void> {
  for (const { file: list } of listOf<{ file: string }>(await calls.get(LISTS, options))) {
    const query = { name: list, cert_file: file }
    // A list that does not have it answers with an error, and which one depends on the version.
    await calls.delete(`${LISTS}/entries`, { ...options, query, expect: [400, 404, 500] })
  }
  if (await isLoaded(calls, file, options)) {
    await calls.delete(`${WORKER}/${encodeURIComponent(file)}`, { ...options, expect: [400, 404, 500] })
  }
}

async function isLoaded(calls: Calls, file: string, options: CallOptions): Promise<boolean> {
  return (await workerStatus(calls, file, options)) !== null
}

/** `Used`, `Unused`, or null: the worker does not know it. */
async function workerStatus(calls: Calls, file: string, options: CallOptions): Promise<string | null> {
  const { status, data } = await calls.get(`${WORKER}/${encodeURIComponent(file)}`, { ...options, expect: [404] })
  return status === 404 ? null : ((data as { status?: string } | null)?.status ?? '')
}
