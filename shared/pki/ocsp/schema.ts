/** What is read of an OCSP responder's answer (RFC 6960 4.2.1). Decorators are no part of JavaScript yet, so they are called. */
import {
  AlgorithmIdentifier,
  AsnIntegerArrayBufferConverter,
  AsnProp,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
} from '../x509.ts'

type Prop = Parameters<typeof AsnProp>[0]
type Kind = typeof AsnTypeTypes.Sequence | typeof AsnTypeTypes.Choice

function describe(target: new () => object, type: Kind, props: Record<string, Prop>): void {
  AsnType({ type })(target)
  for (const [name, prop] of Object.entries(props)) AsnProp(prop)(target.prototype, name)
}

const NOTHING = new ArrayBuffer(0)

export class OcspResponse {
  responseStatus = -1
  responseBytes?: ResponseBytes
}

class ResponseBytes {
  responseType = ''
  response = NOTHING
}

export class BasicResponse {
  tbsResponseData = new ResponseData()
  tbsResponseDataRaw?: ArrayBuffer
  signatureAlgorithm = new AlgorithmIdentifier()
  signature = NOTHING
  certs?: ArrayBuffer[]
}

class ResponseData {
  version?: number
  responderID = NOTHING
  producedAt = new Date(0)
  responses: SingleResponse[] = []
  responseExtensions?: ArrayBuffer
}

export class SingleResponse {
  certID = new CertId()
  certStatus = new CertStatus()
  thisUpdate = new Date(0)
  nextUpdate?: Date
  singleExtensions?: ArrayBuffer
}

export class CertId {
  hashAlgorithm = new AlgorithmIdentifier()
  issuerNameHash = NOTHING
  issuerKeyHash = NOTHING
  serialNumber = NOTHING
}

/** One of the three is there. */
class CertStatus {
  good?: null
  revoked?: RevokedInfo
  unknown?: null
}

class RevokedInfo {
  revocationTime = new Date(0)
  revocationReason?: number
}

const { Sequence, Choice } = AsnTypeTypes
const { Any, BitString, Enumerated, GeneralizedTime, Integer, Null, ObjectIdentifier, OctetString } = AsnPropTypes

describe(RevokedInfo, Sequence, {
  revocationTime: { type: GeneralizedTime },
  revocationReason: { type: Enumerated, context: 0, optional: true },
})
describe(CertStatus, Choice, {
  good: { type: Null, context: 0, implicit: true },
  revoked: { type: RevokedInfo, context: 1, implicit: true },
  unknown: { type: Null, context: 2, implicit: true },
})
describe(CertId, Sequence, {
  hashAlgorithm: { type: AlgorithmIdentifier },
  issuerNameHash: { type: OctetString },
  issuerKeyHash: { type: OctetString },
  serialNumber: { type: Integer, converter: AsnIntegerArrayBufferConverter },
})
describe(SingleResponse, Sequence, {
  certID: { type: CertId },
  certStatus: { type: CertStatus },
  thisUpdate: { type: GeneralizedTime },
  nextUpdate: { type: GeneralizedTime, context: 0, optional: true },
  singleExtensions: { type: Any, context: 1, optional: true },
})
describe(ResponseData, Sequence, {
  version: { type: Integer, context: 0, optional: true },
  responderID: { type: Any },
  producedAt: { type: GeneralizedTime },
  responses: { type: SingleResponse, repeated: 'sequence' },
  responseExtensions: { type: Any, context: 1, optional: true },
})
describe(BasicResponse, Sequence, {
  tbsResponseData: { type: ResponseData, raw: true },
  signatureAlgorithm: { type: AlgorithmIdentifier },
  signature: { type: BitString },
  certs: { type: Any, repeated: 'sequence', context: 0, optional: true },
})
describe(ResponseBytes, Sequence, {
  responseType: { type: ObjectIdentifier },
  response: { type: OctetString },
})
describe(OcspResponse, Sequence, {
  responseStatus: { type: Enumerated },
  responseBytes: { type: ResponseBytes, context: 0, optional: true },
})
