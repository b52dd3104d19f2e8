const PRIME = 0x100000001b3n
const BASIS = 0xcbf29ce484222325n

/** FNV-1a in 64 bits, as letters and digits: to tell texts apart, not to keep them secret. */
export function shortHash(text: string): string {
  let hash = BASIS
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME)
  return hash.toString(36)
}
