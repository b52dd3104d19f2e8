import { holdsCertificate } from '../../shared/lib/holds-certificate.ts'
import { createFrontClient, type FrontClient } from '../client/front-client.ts'
import { createPinnedFetch } from '../client/pinned-fetch.ts'
import type { Fetch } from '../client/send.ts'
import type { Folder } from '../config/folder.ts'
import type { Settings } from '../config/settings.ts'
import { readIfThere } from './files.ts'

export interface AgentFront {
  client: FrontClient
  trust(ca: string): void
  close(): void
}

/** What `init` has left in the folder is missing. */
export class NotSetUpError extends Error {
  constructor(path: string, what = 'is missing') {
    super(`${path} ${what}: cloudlunacy-agent init makes it`)
    this.name = 'NotSetUpError'
  }
}

/** The front of agent.yaml, asked as its agent. `watched`: what looks at each call. */
export async function openFront(
  { agent: agentId, front: { url, address, trust } }: Settings,
  folder: Folder,
  watched: (fetch: Fetch) => Fetch = (fetch) => fetch,
): Promise<AgentFront> {
  const [agentKey, ca] = await Promise.all([readIfThere(folder.key), readIfThere(folder.certificates.ca)])
  if (agentKey === null) throw new NotSetUpError(folder.key)
  if (ca === null) throw new NotSetUpError(folder.certificates.ca)
  if (!holdsCertificate(ca)) throw new NotSetUpError(folder.certificates.ca, 'holds no certificate')
  const pinned = createPinnedFetch({ ca: trust === 'system' ? null : ca, address })
  const client = createFrontClient({ url, agentId, agentKey: agentKey.trim(), fetch: watched(pinned.fetch) })
  return { client, trust: pinned.trust, close: pinned.close }
}
