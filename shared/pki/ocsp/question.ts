import type { Bytes } from '../bytes.ts'
import { parseCertificate } from '../describe.ts'
import { type OcspAnswer, readOcspAnswer } from './answer.ts'
import { certificateId } from './certificate-id.ts'
import { ocspRequest } from './request.ts'

/** Whether a certificate still holds: what to send to its responder, and how to read what comes back. */
export interface OcspQuestion {
  request: Bytes
  /** Whatever cannot be believed is an OcspProblem. */
  read(answer: Bytes, nowMs: number): Promise<OcspAnswer>
}

export async function ocspQuestion(leaf: Bytes, issuer: Bytes): Promise<OcspQuestion> {
  const parsed = parseCertificate(issuer)
  const id = await certificateId(parseCertificate(leaf), parsed)
  return { request: ocspRequest(id), read: (answer, nowMs) => readOcspAnswer(answer, { id, issuer: parsed, nowMs }) }
}
