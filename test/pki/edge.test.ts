import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { checkEdge, edgeError, edgeProblemSentence, edgeProfile, fromPem, toPem } from '../../shared/pki/index.ts'
import { EC, NAMES, P384, RSA, SERVER, usePublicCa } from './public-chain.ts'
import { DAY_MS, DOMAIN, folderWith, issueTo, newAuthority, opensslIn } from './support.ts'

// OpenSSL makes RSA keys here, which takes as long as chance will have it.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const { publicChain, run } = usePublicCa()

const check = (pem: string, names = NAMES, nowMs = Date.now()) => checkEdge({ pem, names, nowMs })
const reasons = async (pem: string, names?: string[], nowMs?: number) => {
  const result = await check(pem, names, nowMs)
  return result.ok ? [] : result.problems.map(({ reason }) => reason)
}

describe('an uploaded certificate is taken', () => {
  it.each([
    ['P-256', EC],
    ['P-384', P384],
    ['RSA', RSA],
    ['Ed25519', 'ED25519'],
  ])('with its chain and a key of %s, and OpenSSL agrees with what comes out', async (_, algorithm) => {
    const { leaf, issuer, root, key } = await publicChain({ algorithm })
    const result = await check(leaf + issuer + root + key)
    if (!result.ok) throw edgeError(result.problems)
    const ders = [leaf, issuer, root].map((pem) => fromPem(pem)[0]?.der)
    expect(result.chain).toEqual(ders)
    const folder = await folderWith({ 'key.pem': toPem('PRIVATE KEY', result.privateKey), 'leaf.pem': leaf })
    const [a, b] = [
      await opensslIn(folder, 'pkey -in key.pem -pubout'),
      await opensslIn(folder, 'x509 -in leaf.pem -noout -pubkey'),
    ]
    expect(a.text).toBe(b.text)
  })

  it.each([
    ['SEC 1, with its parameters in front', EC, 'ecparam -name prime256v1', 'ec -in leaf.key'],
    ['SEC 1 on P-384', P384, '', 'ec -in leaf.key'],
    ['SEC 1 without the public key', EC, '', 'ec -in leaf.key -no_public'],
    ['SEC 1 without the public key, on P-384', P384, '', 'ec -in leaf.key -no_public'],
    ['PKCS#1', RSA, '', 'rsa -in leaf.key -traditional'],
  ])('with a key in an older form: %s', async (_, algorithm, before, command) => {
    const { leaf, issuer } = await publicChain({ algorithm })
    const parameters = before === '' ? '' : await run(before)
    const key = await run(command)
    expect(key).toMatch(/BEGIN (EC|RSA) PRIVATE KEY/)
    expect(await reasons(`${parameters}${key}${leaf}${issuer}`)).toEqual([])
  })

  it('alone, without its chain', async () => {
    const { leaf, key } = await publicChain()
    expect(await reasons(leaf + key)).toEqual([])
  })

  it('signed by itself', async () => {
    const folder = await folderWith()
    const self = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=x -days 3'
    const { text: leaf } = await opensslIn(folder, `${self} -addext subjectAltName=DNS:${NAMES[0]}`)
    const { text: key } = await opensslIn(folder, 'pkey -in key.pem')
    expect(await reasons(leaf + key, ['shop.example'])).toEqual([])
  })

  it('from the own CA, for whatever its wildcards cover', async () => {
    const holder = await issueTo(await newAuthority(), edgeProfile([`*.apps.${DOMAIN}`, `front.${DOMAIN}`]))
    const names = [`*.apps.${DOMAIN}`, `A.apps.${DOMAIN}`, `front.${DOMAIN}`]
    expect(await reasons(holder.key + holder.cert, names)).toEqual([])
    const others = [`a.b.apps.${DOMAIN}`, `apps.${DOMAIN}`, `*.${DOMAIN}`]
    expect(await check(holder.key + holder.cert, others)).toEqual({
      ok: false,
      problems: others.map((name) => ({ reason: 'name_missing', name })),
    })
  })
})

describe('an uploaded certificate is refused', () => {
  it('with the reason, when a part is missing or there is one too many', async () => {
    const { leaf, issuer, key } = await publicChain()
    const encrypted = await run('pkcs8 -topk8 -in leaf.key -passout pass:secret')
    const old = await run('ec -in leaf.key -aes128 -passout pass:secret')
    expect(await reasons('')).toEqual(['no_certificate'])
    expect(await reasons(key)).toEqual(['no_certificate'])
    expect(await reasons(leaf + issuer)).toEqual(['no_key'])
    expect(await reasons(leaf + key + key)).toEqual(['several_keys'])
    expect(await reasons(leaf + encrypted)).toEqual(['encrypted_key'])
    expect(await reasons(leaf + old)).toEqual(['bad_pem'])
    expect(await reasons(leaf.repeat(11) + key)).toEqual(['too_many_certificates'])
    expect(await reasons(leaf.replace('-----END', '----END') + key)).toEqual(['bad_pem'])
  })

  it('when a part cannot be read', async () => {
    const { leaf, issuer, key } = await publicChain()
    const broken = (label: string) => `-----BEGIN ${label}-----\nMAMCAQA=\n-----END ${label}-----\n`
    expect(await reasons(leaf + broken('PRIVATE KEY'))).toEqual(['unreadable_key'])
    expect(await reasons(leaf + broken('EC PRIVATE KEY'))).toEqual(['unreadable_key'])
    expect(await reasons(leaf + broken('RSA PRIVATE KEY'))).toEqual(['unreadable_key'])
    expect(await reasons(leaf + broken('OTHER PRIVATE KEY'))).toEqual(['unreadable_key'])
    expect(await check(leaf + broken('CERTIFICATE') + issuer + broken('CERTIFICATE') + key)).toEqual({
      ok: false,
      problems: [
        { reason: 'unreadable_certificate', position: 2 },
        { reason: 'unreadable_certificate', position: 4 },
      ],
    })
  })

  it.each([
    ['of the same kind', EC],
    ['of another kind', RSA],
  ])('with the key of another certificate, %s', async (_, algorithm) => {
    const [mine, other] = [await publicChain(), await publicChain({ algorithm })]
    expect(await reasons(mine.leaf + other.key)).toEqual(['key_does_not_fit'])
  })

  it.each([
    ['P-521', 'EC -pkeyopt ec_paramgen_curve:P-521'],
    ['RSA of 1024 bits', 'RSA -pkeyopt rsa_keygen_bits:1024'],
  ])('with a key that clients or we do not take: %s', async (_, algorithm) => {
    const { leaf, key } = await publicChain({ algorithm })
    expect(await reasons(leaf + key)).toEqual(['key_not_accepted'])
  })

  it('with its chain out of order', async () => {
    const { leaf, issuer, root, key } = await publicChain()
    expect(await check(leaf + root + issuer + key)).toMatchObject({
      problems: [
        { reason: 'not_signed_by_next', position: 1 },
        { reason: 'not_signed_by_next', position: 2 },
      ],
    })
    expect(await reasons(issuer + leaf + key)).toContain('key_does_not_fit')
    expect(await reasons(leaf + root + key)).toEqual(['not_signed_by_next'])
  })

  it('with an issuer of the right name and another key', async () => {
    const [mine, other] = [await publicChain(), await publicChain({ issuer: 'stranger' })]
    expect(await check(mine.leaf + other.issuer + mine.key)).toMatchObject({
      problems: [{ reason: 'not_signed_by_next', position: 1 }],
    })
  })

  it('with an issuer of another name, though with the right key', async () => {
    const { leaf, key } = await publicChain()
    await run('req -new -key issuer.key -subj /CN=renamed -out renamed.csr')
    const renamed = await run('x509 -req -in renamed.csr -extfile issuer.ext -CA root.pem -CAkey root.key -days 30')
    expect(await reasons(leaf + renamed + key)).toEqual(['not_signed_by_next'])
  })

  it('with an issuer that may not sign', async () => {
    const { leaf, issuer, root, key } = await publicChain({ issuer: 'impostor' })
    expect(await check(leaf + issuer + root + key)).toMatchObject({
      problems: [{ reason: 'next_is_no_ca', position: 1 }],
    })
  })

  it('before and after its time', async () => {
    const { leaf, issuer, key } = await publicChain()
    const pem = leaf + issuer + key
    expect(await reasons(pem, NAMES, Date.now() + 31 * DAY_MS)).toEqual(['expired', 'expired'])
    expect(await reasons(pem, NAMES, Date.now() - DAY_MS)).toEqual(['not_yet_valid', 'not_yet_valid'])
  })

  it('when it is not for servers', async () => {
    const names = SERVER.replace('serverAuth', 'clientAuth')
    const { leaf, key } = await publicChain({ extensions: names })
    expect(await reasons(leaf + key)).toEqual(['not_for_servers'])
  })

  it.each(['serverAuth,clientAuth', 'anyExtendedKeyUsage'])('but not when it is for more: %s', async (usages) => {
    const { leaf, key } = await publicChain({ extensions: SERVER.replace('serverAuth', usages) })
    expect(await reasons(leaf + key)).toEqual([])
  })

  it('without the names, whatever its common name says', async () => {
    const { leaf, key } = await publicChain({ extensions: 'keyUsage=digitalSignature' })
    expect(await reasons(leaf + key, ['leaf'])).toEqual(['name_missing'])
  })

  it('with everything that is wrong at once, each as a sentence', async () => {
    const [mine, other] = [await publicChain(), await publicChain({ issuer: 'stranger' })]
    const result = await check(mine.leaf + other.issuer + other.key, ['a.test'], Date.UTC(2001, 0))
    if (result.ok) throw new Error('it was taken')
    const { details, message, code } = edgeError(result.problems)
    expect(code).toBe('INVALID_INPUT')
    expect(message).toBe(details?.[0])
    expect(details).toEqual([
      'The private key does not belong to the first certificate',
      expect.stringMatching(/^Certificate 1 is not valid before \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/),
      expect.stringMatching(/^Certificate 1 is not signed by the one after it/),
      expect.stringMatching(/^Certificate 2 is not valid before /),
      'The certificate is not good for a.test',
    ])
  })

  it('without ever throwing, and without a word of the key, whatever was changed', async () => {
    const { leaf, issuer, key } = await publicChain()
    const pem = leaf + key + issuer
    const secret = key.split('\n').slice(1, -2)
    const change = fc.record({
      at: fc.nat(pem.length - 1),
      to: fc.constantFrom('A', 'z', '-', '\n', '=', ' ', ':', '\u0000'),
    })
    const hostile = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
      const characters = [...pem]
      for (const { at, to } of changes) characters[at] = to
      const result = await check(characters.join(''))
      const said = result.ok ? '' : result.problems.map(edgeProblemSentence).join()
      for (const line of secret) expect(said).not.toContain(line.slice(0, 16))
    })
    await fc.assert(hostile, { numRuns: 500 })
  })
})
