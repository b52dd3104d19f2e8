import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bytes, createVault, exportPrivateKey, generateKeyPair, importPrivateKey } from '../../shared/pki/index.ts'

const secret = (fill: number): Bytes => new Uint8Array(32).fill(fill)
const bytes = (text: string): Bytes => new TextEncoder().encode(text)

describe('a vault', () => {
  it('opens what it sealed, also after a restart', async () => {
    const sealed = await (await createVault({ secret: secret(1) })).seal('ca/1', bytes('hello'))
    const vault = await createVault({ secret: secret(1) })
    expect(await vault.open('ca/1', sealed)).toEqual(bytes('hello'))
  })

  it('opens whatever it sealed', async () => {
    const vault = await createVault({ secret: secret(1) })
    const anything = fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.string(), async (plain, purpose) => {
      const sealed = await vault.seal(purpose, new Uint8Array(plain))
      expect(await vault.open(purpose, sealed)).toEqual(new Uint8Array(plain))
    })
    await fc.assert(anything)
  })

  it('keeps a private key so that it signs again', async () => {
    const vault = await createVault({ secret: secret(1) })
    const { privateKey } = await generateKeyPair()
    const sealed = await vault.seal('key', await exportPrivateKey(privateKey))
    const restored = await importPrivateKey(await vault.open('key', sealed))
    expect(restored).toMatchObject({ type: 'private', extractable: false })
  })

  it('shows nothing of what it holds, and not even whether two values are the same', async () => {
    const vault = await createVault({ secret: secret(1) })
    const [a, b] = await Promise.all([vault.seal('x', bytes('hello hello')), vault.seal('x', bytes('hello hello'))])
    expect(a).not.toBe(b)
    expect(atob(a.split('.')[1] ?? '')).not.toContain('hello')
    expect(a).toMatch(/^sealed1\.[A-Za-z0-9+/]+=*$/)
  })

  it('says so when the secret is another one', async () => {
    const sealed = await (await createVault({ secret: secret(1) })).seal('x', bytes('hello'))
    const other = await createVault({ secret: secret(2) })
    await expect(other.open('x', sealed)).rejects.toMatchObject({
      code: 'WRONG_SECRET_KEY',
      message: 'A sealed value cannot be opened: it was sealed under another SECRET_KEY',
    })
  })

  it('refuses a value in the place of another', async () => {
    const vault = await createVault({ secret: secret(1) })
    const sealed = await vault.seal('ca/1', bytes('hello'))
    await expect(vault.open('ca/2', sealed)).rejects.toThrow('was sealed for another purpose')
  })

  it('refuses a value of which any one character was changed', async () => {
    const vault = await createVault({ secret: secret(1) })
    const sealed = await vault.seal('x', bytes('hello'))
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`
      // The last characters of base64 have bits that mean nothing.
      const opened = await vault.open('x', changed).catch((error: Error) => error.message)
      if (typeof opened === 'string') expect(opened).toMatch(/^A sealed value cannot be opened: /)
      else expect(atob(changed.slice(8))).toBe(atob(sealed.slice(8)))
    }
  })

  it.each([
    '',
    'hello',
    'sealed1.',
    'sealed1.!!!!',
    'sealed1.AAAA',
    'sealed2.AAAA',
    'sealed1.AAAA.AAAA',
    'sealed1. AAA',
  ])('refuses the text %j', async (text) => {
    const vault = await createVault({ secret: secret(1) })
    await expect(vault.open('x', text)).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('never throws anything but its own error, and never shows the text', async () => {
    const vault = await createVault({ secret: secret(1) })
    const hostile = fc.oneof(
      fc.string(),
      fc.base64String().map((text) => `sealed1.${text}`),
    )
    const refused = fc.asyncProperty(hostile, async (text) => {
      await expect(vault.open('x', text)).rejects.toThrow(/^A sealed value cannot be opened: [a-zA-Z_ ,]+$/)
    })
    await fc.assert(refused)
  })

  it('wants a secret of 32 bytes', async () => {
    await expect(createVault({ secret: secret(1).slice(1) })).rejects.toThrow(RangeError)
  })
})
