// tsyringe, inside @peculiar/x509, refuses to load without this polyfill, so it must come first.
import 'reflect-metadata'

export { AsnConvert } from '@peculiar/asn1-schema'
export { type GeneralName, NameConstraints, SubjectAlternativeName } from '@peculiar/asn1-x509'
export {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  ExtensionsAttribute,
  Pkcs10CertificateRequest,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from '@peculiar/x509'
