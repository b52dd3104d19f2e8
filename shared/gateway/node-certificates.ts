import type { DataPlane } from '../dataplane/data-plane.ts'
import { allOfThem } from '../lib/all-of-them.ts'
import { folderOf } from '../lib/folder-of.ts'
import { createGate, type Gate } from '../lib/gate.ts'
import { type CertificateFile, isEdgeFile } from './edge-files.ts'
import { readMap } from './map-diff.ts'

/** When a front starts there may be thousands. */
const LOOKS_AT_A_TIME = 8

export interface NodeCertificates {
  /** Brings what is missing or another one to the node, and says what that was. */
  mend(): Promise<{ stored: string[]; needsReload: boolean }>
  /** Before HAProxy starts: it has the certificates that it had, so what its file says of them goes on. */
  recall(): Promise<void>
  /** Once HAProxy has them all: whoever comes for the names that browsers trust them for is sent to HTTPS. */
  secureAll(): Promise<void>
  /** Those, as they stand in `secure.map`. */
  readonly secure: ReadonlyMap<string, string>
  /** Where they lie on the node; known once one of them has been stored or listed. */
  readonly folder: string | null
}

export interface NodeCertificatesOptions {
  dataPlane: DataPlane
  wanted: () => Promise<CertificateFile[]>
  /** Held while one is brought, so that no reload comes between the worker and the file. */
  worker: Gate
  /** These names have become secure, or are so no more. */
  tellSecure: (names: string[]) => Promise<void>
}

export function nodeCertificates({ dataPlane, wanted, worker, tellSecure }: NodeCertificatesOptions): NodeCertificates {
  /** The fingerprint of what was left on the node. */
  const left = new Map<string, string>()
  /** What HAProxy was given to staple, of each that has a responder. */
  const stapled = new Map<string, string | null>()
  const turns = createGate()
  let folder: string | null = null
  let secure: ReadonlyMap<string, string> = new Map()
  let isRecalled = false
  /** What it is to be once HAProxy has all of them. */
  let securable = secure

  const setSecure = async (names: ReadonlyMap<string, string>) => {
    const changed = [...names.keys()].filter((name) => !secure.has(name))
    for (const name of secure.keys()) if (!names.has(name)) changed.push(name)
    secure = names
    if (changed.length > 0) await tellSecure(changed)
  }

  const recall = async () => {
    if (isRecalled) return
    secure = readMap((await dataPlane.storedMap('secure.map')) ?? '')
    isRecalled = true
  }

  /** What is there from before this front is not brought anew. */
  const recognize = async ({ name, fingerprint }: CertificateFile): Promise<void> => {
    if (await dataPlane.servesCertificate(name, fingerprint)) left.set(name, fingerprint)
  }

  const bringStaple = async (name: string, staple: string | null | undefined) => {
    if (staple === undefined || stapled.get(name) === staple) return
    await worker.run(() => dataPlane.stapleCertificate(name, staple))
    stapled.set(name, staple)
  }

  const mend = async () => {
    await recall()
    const files = await wanted()
    securable = new Map(files.flatMap(({ secures }) => secures.map((name) => [name, '1'] as const)))
    // Nobody is sent to HTTPS any more for a name whose certificate is about to go.
    await setSecure(new Map([...secure].filter(([name]) => securable.has(name))))
    const there = new Map((await dataPlane.storedCertificates()).map((file) => [file.storage_name, file]))
    const unknown = files.filter(({ name }) => there.has(name) && !left.has(name))
    await allOfThem(unknown, LOOKS_AT_A_TIME, recognize)
    const stored: string[] = []
    let needsReload = false
    for (const { name, fingerprint, pem, staple } of files) {
      const known = there.get(name)
      if (known) folder ??= folderOf(known.file)
      if (known && left.get(name) === fingerprint) {
        await bringStaple(name, staple)
        continue
      }
      const text = await pem()
      const kept = await worker.run(() => dataPlane.storeCertificate(name, text))
      folder ??= folderOf(kept.file)
      left.set(name, fingerprint)
      stored.push(name)
      needsReload ||= kept.needsReload
      // The one before it had its own.
      stapled.delete(name)
      await bringStaple(name, staple)
    }
    const names = new Set(files.map(({ name }) => name))
    // Also what a front that ran before this one has left.
    const ours = new Set([...left.keys(), ...[...there.keys()].filter(isEdgeFile)])
    for (const name of [...ours].filter((name) => !names.has(name))) {
      await worker.run(() => dataPlane.deleteCertificate(name))
      left.delete(name)
      stapled.delete(name)
      stored.push(name)
    }
    return { stored, needsReload }
  }

  return {
    mend: () => turns.run(mend),
    recall: () => turns.run(recall),
    secureAll: () => turns.run(() => setSecure(securable)),
    get secure() {
      return secure
    },
    get folder() {
      return folder
    },
  }
}
