import type { DataPlane } from '../dataplane/data-plane.ts'
import type { StoredFile } from '../dataplane/models.ts'
import { isTrustFile, type TrustFile, type TrustFiles } from './trust-files.ts'

/** Where they lie on a node. */
export interface TrustPaths {
  ca: string
  crl: string
}

export interface NodeTrust {
  /** Stores what is missing, for a configuration that names it. Says whether the configuration has to name others. */
  store(): Promise<boolean>
  /** Takes away what no configuration names any more. */
  tidy(): Promise<void>
  /** `null`: nothing is stored yet. */
  readonly paths: TrustPaths | null
  /** Who answers next may keep its files elsewhere. */
  forget(): void
}

/**
 * CAs and revocation lists reach HAProxy by a reload alone: before 3.4 it crashes where they are replaced while it runs,
 * and a list that was replaced so is not asked about sessions that are resumed.
 */
export function nodeTrust(dataPlane: DataPlane, wanted: () => Promise<TrustFiles>): NodeTrust {
  let paths: TrustPaths | null = null
  let used = new Set<string>()

  const storeOne = async ({ name, content }: TrustFile, there: StoredFile[]): Promise<string> => {
    const known = there.find(({ storage_name }) => storage_name === name)
    return (known ?? (await dataPlane.storeFile(name, content))).file
  }

  return {
    async store() {
      const { ca, crl } = await wanted()
      const there = await dataPlane.storedFiles()
      const before = JSON.stringify(paths)
      paths = { ca: await storeOne(ca, there), crl: await storeOne(crl, there) }
      used = new Set([ca.name, crl.name])
      return before !== JSON.stringify(paths)
    },

    async tidy() {
      const names = (await dataPlane.storedFiles()).map(({ storage_name }) => storage_name)
      for (const name of names.filter(isTrustFile)) if (!used.has(name)) await dataPlane.deleteFile(name)
    },

    get paths() {
      return paths
    },

    forget() {
      paths = null
    },
  }
}
