export interface CertificateSettings {
  domain: string
  appsDomain: string
  mongodbDomain: string
  apiHost: string
}

/** The CA vouches for these, for what is below them, and for nothing else. */
export function permittedNames({ domain, appsDomain, mongodbDomain, apiHost }: CertificateSettings): string[] {
  return [domain, appsDomain, mongodbDomain, apiHost, 'localhost']
}

/** What HAProxy serves before anybody uploads a certificate. */
export function edgeNames({ appsDomain, mongodbDomain, apiHost }: CertificateSettings): string[] {
  return [`*.${appsDomain}`, `*.${mongodbDomain}`, apiHost]
}

/** Plain HTTP, because whoever fetches a revocation list is still deciding whom to believe. The list is signed itself. */
export function crlUrl({ apiHost }: CertificateSettings, caId: string): string {
  return `http://${apiHost}/api/certificates/ca/${caId}.crl`
}
