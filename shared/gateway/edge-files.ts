import type { Certificates } from '../certificates/certificates.ts'
import { isForBrowsers } from '../certificates/for-browsers.ts'
import type { EdgeSummary } from '../certificates/records.ts'
import { DEFAULT_EDGE } from '../certificates/served.ts'
import { shortHash } from '../lib/short-hash.ts'
import { isDnsName } from '../pki/names.ts'
import { stapleOf } from '../stapling/next-record.ts'
import type { StapleRecord } from '../stapling/records.ts'

/** A file of certificate and key that the node's HAProxy needs. */
export interface CertificateFile {
  /** Its name on the node, such as `default.pem`. */
  name: string
  /** Another one for each content. */
  fingerprint: string
  /** What browsers trust it for, as keys of `secure.map`. */
  secures: readonly string[]
  pem(): Promise<string>
  /** What the CA's responder says of it, as base64; null: nothing that may be stapled. Without it nobody is asked. */
  staple?: string | null
}

/** What HAProxy serves where no name fits is the file that comes first by its name. */
const FILE_OF_DEFAULT = 'default.pem'
const FRONT_FILE = 'front.pem'
const PREFIXES = { upload: 'edge-', acme: 'host-', front: 'edge-' }
/** With the rest of the name within what a file system takes. */
const MOST_CHARACTERS = 200

/** Of certificates besides the default. */
export const isEdgeFile = (name: string): boolean => Object.values(PREFIXES).some((prefix) => name.startsWith(prefix))

/** HAProxy's API takes no `*` in a key: a wildcard is what is left of its names without their first label. */
const secureKey = (name: string): string => name.replace(/^\*/, '')

/** What every node's HAProxy needs: the certificates that it serves, and the one by which agents know the front. */
export async function certificateFiles(
  { edge, front }: Pick<Certificates, 'edge' | 'front'>,
  known: Iterable<EdgeSummary>,
  staples: ReadonlyMap<string, StapleRecord>,
  nowMs: number,
): Promise<CertificateFile[]> {
  const files = (await edge.served(known)).map((each) => ({
    name: each.name === DEFAULT_EDGE ? FILE_OF_DEFAULT : `${PREFIXES[each.origin]}${fileName(each.name)}.pem`,
    fingerprint: each.fingerprint,
    secures: isForBrowsers(each, nowMs) ? each.names.filter(isDnsName).map(secureKey) : [],
    pem: () => edge.pem(each.name),
    ...(each.ocsp && { staple: stapleOf(each, staples.get(each.name), nowMs) }),
  }))
  // What takes over a name from the default is there before the default lets go of it.
  const others = files.filter(({ name }) => name !== FILE_OF_DEFAULT)
  const { pem, fingerprint } = await front.current()
  const own = { name: FRONT_FILE, fingerprint, secures: [], pem: async () => pem }
  return [...others, ...files.filter(({ name }) => name === FILE_OF_DEFAULT), own]
}

/** The Data Plane API changes dots in names of files; no host has an underscore of its own. */
function fileName(host: string): string {
  const text = host.replace('*', 'wildcard_').replaceAll('.', '_')
  return text.length <= MOST_CHARACTERS ? text : shortHash(host)
}
