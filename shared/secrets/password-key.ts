import type { KeyedHash } from '../identity/keyed-hash.ts'

/**
 * What the passwords of routes are hashed under, in base64: HAProxy gets it in a map. It follows from the store's secret,
 * so an import brings another one.
 */
export interface PasswordKey {
  get(): Promise<string>
  /** As it was got last; null: it never was. */
  readonly last: string | null
}

export function createPasswordKey(hash: KeyedHash): PasswordKey {
  let last: string | null = null
  return {
    async get() {
      // Hexadecimal digits are base64 too.
      last = await hash('basic-auth', 'key')
      return last
    },
    get last() {
      return last
    },
  }
}
