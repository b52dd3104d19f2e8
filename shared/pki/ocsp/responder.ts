import { AuthorityInfoAccessExtension, type X509Certificate } from '../x509.ts'

const TLS_FEATURE = '1.3.6.1.5.5.7.1.24'
const LONGEST_URL = 1_000

/** Where it is told whether the certificate still holds; `null`: nowhere, as with Let's Encrypt. */
export function ocspResponder(certificate: X509Certificate): string | null {
  const places = certificate.getExtension(AuthorityInfoAccessExtension)?.ocsp ?? []
  const urls = places.filter(({ type }) => type === 'url').map(({ value }) => value)
  return urls.find((url) => url.length <= LONGEST_URL && isHttp(url)) ?? null
}

const isHttp = (url: string): boolean => {
  const parsed = URL.parse(url)
  return (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') && parsed.username + parsed.password === ''
}

/** RFC 7633: clients refuse it where no answer is stapled. */
export const mustStaple = (certificate: X509Certificate): boolean => certificate.getExtension(TLS_FEATURE) !== null
