import type { Revocation } from './api.ts'
import type { Caller, CallOptions, Gives, WriteOptions } from './call.ts'

/** The agent's certificates, and the CAs that are behind them. */
export interface CertificateCalls {
  /** A certificate for a key that stays here: the request as PEM (PKCS#10). */
  signCsr(csr: string, options?: WriteOptions): Gives<'signAgentCsr'>
  /** Another certificate before it is time: for a new key where the front makes it, else for the same one. */
  renewCertificate(options?: WriteOptions): Gives<'renewAgentCertificate'>
  /** All of the agent's are void from then on. */
  revokeCertificates(reason?: Revocation['reason'], options?: WriteOptions): Gives<'revokeAgentCertificates'>
  /** The front forgets a key that it has made. */
  forgetKey(options?: WriteOptions): Gives<'forgetAgentKey'>
  /** The CAs to trust, newest first. */
  authorities(options?: CallOptions): Gives<'listAuthorities'>
  /** The revocation lists of all of them, as PEM. */
  revocationLists(options?: CallOptions): Gives<'getRevocationListsPem'>
}

export function certificateCalls({ write, open }: Caller, agentId: string): CertificateCalls {
  const path = { agentId }
  return {
    signCsr: (csr, options) => write('signAgentCsr', { path, body: { csr } }, options),
    renewCertificate: (options) => write('renewAgentCertificate', { path }, options),
    revokeCertificates: (reason = 'unspecified', options) =>
      write('revokeAgentCertificates', { path, body: { reason } }, options),
    forgetKey: (options) => write('forgetAgentKey', { path }, options),
    authorities: (options) => open('listAuthorities', {}, options),
    revocationLists: (options) => open('getRevocationListsPem', {}, options),
  }
}
