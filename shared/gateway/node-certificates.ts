import type { DataPlane } from '../dataplane/data-plane.ts'
import { folderOf } from '../lib/folder-of.ts'
import { createGate, type Gate } from '../lib/gate.ts'
import { type CertificateFile, isEdgeFile } from './edge-files.ts'

export interface NodeCertificates {
  /** Brings what is missing or another one to the node, and says what that was. */
  mend(): Promise<{ stored: string[]; needsReload: boolean }>
  /** Where they lie on the node; known once one of them has been stored or listed. */
  readonly folder: string | null
}

/** `worker`: held while one is brought, so that no reload comes between the worker and the file. */
export function nodeCertificates(
  dataPlane: DataPlane,
  wanted: () => Promise<CertificateFile[]>,
  worker: Gate,
): NodeCertificates {
  /** The fingerprint of what was left on the node. */
  const left = new Map<string, string>()
  const turns = createGate()
  let folder: string | null = null

  /** What is there from before this front is not brought anew. */
  const isThere = async (name: string, fingerprint: string): Promise<boolean> => {
    if (!left.has(name) && (await dataPlane.servesCertificate(name, fingerprint))) left.set(name, fingerprint)
    return left.get(name) === fingerprint
  }

  const mend = async () => {
    const files = await wanted()
    const there = new Map((await dataPlane.storedCertificates()).map((file) => [file.storage_name, file]))
    const stored: string[] = []
    let needsReload = false
    for (const { name, fingerprint, pem } of files) {
      const known = there.get(name)
      if (known) folder ??= folderOf(known.file)
      if (known && (await isThere(name, fingerprint))) continue
      const text = await pem()
      const kept = await worker.run(() => dataPlane.storeCertificate(name, text))
      folder ??= folderOf(kept.file)
      left.set(name, fingerprint)
      stored.push(name)
      needsReload ||= kept.needsReload
    }
    const names = new Set(files.map(({ name }) => name))
    // Also what a front that ran before this one has left.
    const ours = new Set([...left.keys(), ...[...there.keys()].filter(isEdgeFile)])
    for (const name of [...ours].filter((name) => !names.has(name))) {
      await worker.run(() => dataPlane.deleteCertificate(name))
      left.delete(name)
      stored.push(name)
    }
    return { stored, needsReload }
  }

  return {
    mend: () => turns.run(mend),
    get folder() {
      return folder
    },
  }
}
