import { holdsCertificate } from '../../shared/lib/holds-certificate.ts'
import type { Ask } from '../client/ask.ts'
import { createAskingClient, type FrontClient } from '../client/front-client.ts'
import { createPinned } from '../client/pinned-fetch.ts'
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
  watched: (ask: Ask) => Ask = (ask) => ask,
): Promise<AgentFront> {
  const [agentKey, ca] = await Promise.all([readIfThere(folder.key), readIfThere(folder.certificates.ca)])
  if (agentKey === null) throw new NotSetUpError(folder.key)
  if (ca === null) throw new NotSetUpError(folder.certificates.ca)
  if (!holdsCertificate(ca)) throw new NotSetUpError(folder.certificates.ca, 'holds no certificate')
  const pinned = createPinned({ ca: trust === 'system' ? null : ca, address })
  const client = createAskingClient({ url, agentId, agentKey: agentKey.trim(), ask: watched(pinned.ask) })
  return { client, trust: pinned.trust, close: pinned.close }
}
