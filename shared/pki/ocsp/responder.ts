import { AuthorityInfoAccessExtension, type X509Certificate } from '../x509.ts'

/** Where it is told whether a certificate still holds. A type and not an interface, so that it counts as JSON. */
export type OcspPlace = {
  responder: string
  /** Clients refuse it where no answer is stapled (RFC 7633). */
  mustStaple: boolean
}

const TLS_FEATURE = '1.3.6.1.5.5.7.1.24'
const LONGEST_URL = 1_000

/** `null`: nowhere, as with Let's Encrypt. */
export function ocspPlace(certificate: X509Certificate): OcspPlace | null {
  const places = certificate.getExtension(AuthorityInfoAccessExtension)?.ocsp ?? []
  const urls = places.filter(({ type }) => type === 'url').map(({ value }) => value)
  const responder = urls.find((url) => url.length <= LONGEST_URL && isHttp(url))
  return responder === undefined ? null : { responder, mustStaple: certificate.getExtension(TLS_FEATURE) !== null }
}

const isHttp = (url: string): boolean => {
  const parsed = URL.parse(url)
  return (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') && parsed.username + parsed.password === ''
}
