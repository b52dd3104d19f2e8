/**
 * 64 bits of a text, in hex: to see whether it is still the same one. Not for secrets, nor against somebody who wants two
 * texts to look the same.
 */
export function textHash(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x9e3779b1)
    b = Math.imul(b ^ unit, 0x5f356495)
  }
  a = mixed(a) ^ mixed(b ^ (b >>> 15))
  b = mixed(b) ^ mixed(a ^ (a >>> 15))
  return hex(a) + hex(b)
}

const mixed = (value: number) => Math.imul(value ^ (value >>> 16), 0x85ebca6b) ^ (value >>> 13)
const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0')
