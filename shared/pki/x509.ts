// tsyringe, inside @peculiar/x509, refuses to load without this polyfill, so it must come first.
import 'reflect-metadata'

export {
  AsnConvert,
  AsnIntegerArrayBufferConverter,
  AsnProp,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
} from '@peculiar/asn1-schema'
export {
  AlgorithmIdentifier,
  Certificate as AsnCertificate,
  type GeneralName,
  NameConstraints,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509'
export {
  AsnEcSignatureFormatter,
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  ExtensionsAttribute,
  Pkcs10CertificateRequest,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from '@peculiar/x509'
