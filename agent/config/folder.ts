import { join } from 'node:path'

/** All files that the agent keeps: each is its owner's alone. */
export interface Folder {
  path: string
  /** The agent's secret. */
  key: string
  /** What it made at the front. */
  state: string
  /** Where the running daemon is asked. */
  socket: string
  certificates: CertificatePaths
  /** Which apps run, for the next agent when this one is killed. */
  running: string
  /** One folder an app. */
  logs: string
}

export interface CertificatePaths {
  folder: string
  ca: string
  cert: string
  key: string
  /** What mongod wants in one file: the key and the certificate. */
  mongodb: string
}

export function folderAt(path: string): Folder {
  const certificates = join(path, 'certificates')
  return {
    path,
    key: join(path, 'agent.key'),
    state: join(path, 'state.json'),
    socket: join(path, 'agent.sock'),
    certificates: {
      folder: certificates,
      ca: join(certificates, 'ca.pem'),
      cert: join(certificates, 'cert.pem'),
      key: join(certificates, 'key.pem'),
      mongodb: join(certificates, 'mongodb.pem'),
    },
    running: join(path, 'running.json'),
    logs: join(path, 'logs'),
  }
}
