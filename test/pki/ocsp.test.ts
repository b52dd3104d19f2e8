import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../shared/pki/bytes.ts'
import { OcspProblem } from '../../shared/pki/ocsp/problem.ts'
import { ocspPlace } from '../../shared/pki/ocsp/responder.ts'
import { X509Certificate } from '../../shared/pki/x509.ts'
import { newOcspCa, type OcspCa, type OcspCertificate } from '../support/ocsp-ca.ts'
import { questionAbout } from '../support/ocsp-question.ts'

const HOUR_MS = 3_600_000
const HOST = 'shop.front.test'

async function asked(ca: OcspCa, made: OcspCertificate) {
  const { request, read } = await questionAbout(ca, made)
  return { request, read: (answer: Uint8Array, nowMs = Date.now()) => read(new Uint8Array(answer), nowMs) }
}

const why = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'believed',
    (error) => (error instanceof OcspProblem ? error.message : `${error}`),
  )

describe.each(['ECDSA', 'RSA'])('the answer of a responder of a CA with %s', (kind) => {
  it('is good, revoked, or nothing that it knows', async () => {
    const ca = await newOcspCa({ isRsa: kind === 'RSA' })
    const made = ca.issue(HOST)
    const { request, read } = await asked(ca, made)
    const good = await read(ca.answer(request))
    expect(good).toMatchObject({ status: 'good' })
    expect(good.nextUpdateMs - good.thisUpdateMs).toBe(HOUR_MS)
    ca.mark(made, 'revoked')
    const revokedAtMs = Date.parse('2026-01-01T00:00:00Z')
    expect(await read(ca.answer(request))).toMatchObject({ status: 'revoked', revokedAtMs })
    ca.mark(made, 'unknown')
    expect(await why(read(ca.answer(request)))).toBe('The responder does not know the certificate')
  })

  it('may be signed by whom the CA has made a certificate for that', async () => {
    const ca = await newOcspCa({ isRsa: kind === 'RSA' })
    const { request, read } = await asked(ca, ca.issue(HOST))
    const delegate = ca.issue('ocsp.front.test', { signs: true })
    const answer = ca.answer(request, { signer: delegate.name })
    expect(await read(answer)).toMatchObject({ status: 'good' })
    // The answer is still good then, and who signed it is not.
    const late = ca.answer(request, { signer: delegate.name, minutes: 21 * 24 * 60 })
    expect(await why(read(late, Date.now() + 20.5 * 24 * HOUR_MS))).toMatch(/not signed by the issuer/)
  })
})

describe('an answer is not believed', () => {
  it('that somebody else has signed', async () => {
    const [ca, other] = [await newOcspCa(), await newOcspCa()]
    const { request, read } = await asked(ca, ca.issue(HOST))
    const server = ca.issue('server.front.test')
    const foreign = other.issue('ocsp.front.test', { signs: true })
    for (const [ending, text] of [
      ['pem', foreign.certificate],
      ['key', foreign.key],
    ] as const)
      writeFileSync(`${ca.folder}/foreign.${ending}`, text)
    const unsigned = 'The answer is not signed by the issuer of the certificate'
    expect(await why(read(ca.answer(request, { signer: server.name })))).toBe(unsigned)
    expect(await why(read(ca.answer(request, { signer: 'foreign' })))).toBe(unsigned)
  })

  it('whose signer was made by a signature that anybody can make', async () => {
    const ca = await newOcspCa()
    const { request, read } = await asked(ca, ca.issue(HOST))
    const delegate = ca.issue('ocsp.front.test', { signs: true, digest: 'sha1' })
    expect(await why(read(ca.answer(request, { signer: delegate.name })))).toMatch(/not signed by the issuer/)
  })

  it('that is about another certificate, or an older one of a CA of the same name', async () => {
    const [ca, other] = [await newOcspCa(), await newOcspCa()]
    const { read } = await asked(ca, ca.issue(HOST, { number: '77' }))
    const sibling = await asked(ca, ca.issue('sibling.front.test'))
    const foreign = await asked(other, other.issue(HOST, { number: '77' }))
    const about = 'The answer is about another certificate'
    expect(await why(read(ca.answer(sibling.request)))).toBe(about)
    expect(await why(read(other.answer(foreign.request)))).toBe(about)
  })

  it('that has expired, or is not good yet', async () => {
    const ca = await newOcspCa()
    const { request, read } = await asked(ca, ca.issue(HOST))
    const answer = ca.answer(request)
    expect(await why(read(answer, Date.now() + HOUR_MS + 1_000))).toBe('The answer has expired')
    expect(await why(read(answer, Date.now() - HOUR_MS))).toBe('The answer is one of the future')
  })

  it('that is no answer', async () => {
    const ca = await newOcspCa()
    const { request, read } = await asked(ca, ca.issue(HOST))
    const answer = ca.answer(request)
    const unreadable = 'The responder’s answer cannot be read'
    const longer = Uint8Array.of(...answer, 0)
    for (const bytes of [new Uint8Array(), Uint8Array.of(0x30, 0x80), answer.subarray(0, -1), longer, request])
      expect(await why(read(bytes))).toBe(unreadable)
    expect(await why(read(new TextEncoder().encode('<html>Not here</html>')))).toBe(unreadable)
    expect(await why(read(Uint8Array.of(0x30, 3, 0x0a, 1, 3)))).toBe('The responder answers tryLater')
    expect(await why(read(Uint8Array.of(0x30, 3, 0x0a, 1, 77)))).toBe('The responder answers an unknown status')
  })

  it('with a bit of another kind anywhere in what is signed', async () => {
    const ca = await newOcspCa()
    const { request, read } = await asked(ca, ca.issue(HOST))
    const answer = new Uint8Array(ca.answer(request)) as Bytes
    const whole = await read(answer)
    for (let at = 0; at < answer.length; at++) {
      const changed = answer.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x01
      const result = await read(changed).catch((error) => error)
      if (!(result instanceof OcspProblem)) expect(result).toEqual(whole)
    }
  })
})

it('knows a certificate’s responder, and whether clients want its word', async () => {
  const ca = await newOcspCa()
  const place = ({ certificate }: { certificate: string }) => ocspPlace(new X509Certificate(certificate))
  expect(place(ca.issue(HOST))).toEqual({ responder: ca.url, mustStaple: false })
  const extensions = 'tlsfeature=status_request'
  expect(place(ca.issue('other.front.test', { extensions }))).toEqual({ responder: ca.url, mustStaple: true })
  expect(place(ca)).toBeNull()
})
