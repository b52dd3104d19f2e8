import { isMap, parseDocument } from 'yaml'
import type { CertificatePaths } from '../config/folder.ts'

const settings = ({ mongodb, ca }: CertificatePaths) => ({
  mode: 'requireTLS',
  certificateKeyFile: mongodb,
  CAFile: ca,
  allowConnectionsWithoutCertificates: true,
})

/** The part of mongod.conf that the agent's certificates need, each line explained. */
export const tlsSection = (files: CertificatePaths): string => `net:
  tls:
    # Nobody speaks plain to it. For a move from plain to TLS without a break: first preferTLS, then this.
    mode: requireTLS
    # The agent's key and certificate in one file. The agent renews it in time, and has mongod take it.
    certificateKeyFile: ${files.mongodb}
    # The front's CA: which certificates of clients are believed.
    CAFile: ${files.ca}
    # Clients log in by user and password, and need no certificate of their own.
    allowConnectionsWithoutCertificates: true
`

export interface Written {
  text: string
  /** It said all of it already. */
  same: boolean
}

/** A mongod.conf with this section; all else of it stays as it is, comments included. */
export function withTlsSection(text: string, files: CertificatePaths): Written {
  const document = parseDocument(text)
  if (document.errors.length > 0) throw new Error(`it is no YAML: ${document.errors[0]?.message.split('\n')[0]}`)
  if (document.contents === null) return { text: text + tlsSection(files), same: false }
  if (!isMap(document.contents)) throw new Error('it is not a mongod.conf: it should begin with names such as "net:"')
  const before = document.toString()
  for (const [name, value] of Object.entries(settings(files))) document.setIn(['net', 'tls', name], value)
  const after = document.toString()
  return after === before ? { text, same: true } : { text: after, same: false }
}

/** Who has to be able to read the files, and how. */
export const readableByMongod = ({
  mongodb,
  ca,
}: CertificatePaths): string => `mongod's user must be able to read both files.
Where it is another than the agent's, let the agent copy them whenever they change, in agent.yaml:
  certificates:
    hook: install -o mongodb -g mongodb -m 400 -t /etc/mongod-tls ${mongodb} ${ca}
and name the copies here: cloudlunacy-agent certs mongod --folder /etc/mongod-tls
Then restart mongod once. From then on it takes each new certificate while it runs, where "admin" of the database in
agent.yaml says as whom the agent logs in (a user with the role hostManager).
`
