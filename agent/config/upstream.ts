/** Where an app or a database answers, seen from this machine. */
export interface Upstream {
  /** An address or a name, IPv6 without brackets. */
  host: string
  port: number
  /** Asked by TLS; whose certificate it shows is not looked at: it is this machine, or one that its owner named. */
  tls: boolean
  /** What is spoken to an app; a database ignores it. */
  protocol: 'http1' | 'h2c'
}

/** What tells two of them apart. */
export const addressOf = ({ host, port, tls, protocol }: Upstream): string =>
  `${protocol}${tls ? '+tls' : ''}://${host}:${port}`
