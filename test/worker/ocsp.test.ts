import { expect, it } from 'vitest'
import { type Bytes, fromBase64, toBase64 } from '../../shared/pki/bytes.ts'
import { OcspProblem } from '../../shared/pki/ocsp/problem.ts'
import { ocspQuestion } from '../../shared/pki/ocsp/question.ts'
import { OCSP_ANSWERS } from '../pki/ocsp-answers.ts'

const bytes = (text: string): Bytes => fromBase64(text) ?? new Uint8Array()

it.each(OCSP_ANSWERS)('asks a responder and reads its answer, signed with $kind', async (made) => {
  const { request, read } = await ocspQuestion(bytes(made.leaf), bytes(made.issuer))
  expect(toBase64(request)).toBe(made.request)
  expect(await read(bytes(made.answer), made.nowMs)).toMatchObject({ status: 'good' })
  await expect(read(bytes(made.request), made.nowMs)).rejects.toThrow(OcspProblem)
  const others = OCSP_ANSWERS.filter(({ kind }) => kind !== made.kind)
  for (const { answer } of others) await expect(read(bytes(answer), made.nowMs)).rejects.toThrow('another certificate')
})
