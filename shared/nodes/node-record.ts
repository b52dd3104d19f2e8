import { textHash } from '../lib/text-hash.ts'

/** A node that an administrator added while the front ran. */
export type NodeRecord = {
  name: string
  /** Of its Data Plane API, without user and password. */
  url: string
  /** User and password, which only the right SECRET_KEY opens. */
  sealedLogin: string
  /** As PEM, whom to believe there instead of the public authorities. */
  ca: string | null
  createdAt: string
  updatedAt: string
}

/** All that is needed to talk to it. */
export interface NodeAddress {
  url: string
  username: string
  password: string
  ca: string | null
}

/** Another one after each change; nothing of its login is in it. */
export const nodeState = ({ url, createdAt, updatedAt }: NodeRecord): string =>
  textHash(`${url} ${createdAt} ${updatedAt}`)
