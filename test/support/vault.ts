import type { Vault } from '../../shared/identity/signing-key.ts'

/** Seals as a real one does: nothing readable, nothing that opens for another purpose. */
export async function testVault(secret = 'a secret key'): Promise<Vault> {
  const digest = await crypto.subtle.digest('SHA-256', bytes(secret))
  const key = await crypto.subtle.importKey('raw', digest, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const gcm = (iv: Uint8Array<ArrayBuffer>, purpose: string) => ({
    name: 'AES-GCM',
    iv,
    additionalData: bytes(purpose),
  })
  return {
    async seal(purpose, plain) {
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const cipher = new Uint8Array(await crypto.subtle.encrypt(gcm(iv, purpose), key, plain))
      return btoa(String.fromCharCode(...iv, ...cipher))
    },
    async open(purpose, sealed) {
      const all = Uint8Array.from(atob(sealed), (character) => character.charCodeAt(0))
      return new Uint8Array(await crypto.subtle.decrypt(gcm(all.slice(0, 12), purpose), key, all.slice(12)))
    },
  }
}

const bytes = (text: string) => new TextEncoder().encode(text)
