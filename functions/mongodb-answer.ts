/** Drivers follow the hosts that a replica set tells them of, which nobody outside reaches: hence directConnection. */
export const connectionString = (domain: string, port: number): string =>
  `mongodb://${domain}:${port}/?tls=true&tlsCAFile=ca.pem&directConnection=true`
