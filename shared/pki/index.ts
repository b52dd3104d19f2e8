/**
 * Certificates and keys, on WebCrypto and @peculiar/x509: no storage, no HTTP, no clock of its own.
 *
 * Bytes are DER unless a name says otherwise: certificates, revocation lists, public keys as SubjectPublicKeyInfo,
 * private keys as PKCS#8. PEM is made and read at the rim, with `toPem` and `fromPem`.
 */
export {
  type Authority,
  type AuthorityOptions,
  type CrlRequest,
  createAuthority,
  type Issued,
  type IssueOptions,
} from './authority.ts'
export { type Bytes, fromBase64, type Random, toBase64 } from './bytes.ts'
export type { Validity } from './certificate.ts'
export {
  type CrlTimes,
  needsNewCrl,
  REVOCATION_REASONS,
  type Revocation,
  type RevocationReason,
  type SignedCrl,
} from './crl.ts'
export { type CsrProblem, type CsrResult, csrError, MAX_CSR_BYTES, readCsr } from './csr.ts'
export { type CertificateDescription, describeCertificate, fingerprint } from './describe.ts'
export { checkEdge, type EdgeResult, type EdgeUpload } from './edge.ts'
export { type EdgeProblem, edgeError, edgeProblemSentence } from './edge-problems.ts'
export {
  type CryptoKey,
  exportPrivateKey,
  exportPublicKey,
  generateKeyPair,
  importPrivateKey,
  importPublicKey,
  type KeyPair,
  keysFit,
} from './keys.ts'
export { LEAF_LIFE_MS, needsRenewal } from './lifetime.ts'
export { type AgentNaming, agentNames } from './names.ts'
export { fromPem, type PemBlock, type PemLabel, toPem } from './pem.ts'
export {
  type AgentProfileOptions,
  agentProfile,
  edgeProfile,
  frontProfile,
  type Profile,
} from './profiles.ts'
export { createRootCa, type RootCa, type RootOptions } from './root.ts'
export {
  type CaTerm,
  needsRotation,
  ROTATION_LEAD_MS,
  retiresAtMs,
  signingCa,
  trustedCas,
} from './rotation.ts'
export { createVault, MIN_SECRET_BYTES, type Vault, type VaultOptions } from './vault.ts'
