import { toHex } from '../lib/hex.ts'

const ID_BYTES = 9
/** Asking for random bytes costs more than they do. */
const IDS_AT_ONCE = 64

/** `{agentId}.{random}`. */
export function createRouteIds(random: (length: number) => Uint8Array): (agentId: string) => string {
  let pool = ''
  return (agentId) => {
    if (pool === '') pool = toHex(random(ID_BYTES * IDS_AT_ONCE))
    const id = pool.slice(0, 2 * ID_BYTES)
    pool = pool.slice(2 * ID_BYTES)
    return `${agentId}.${id}`
  }
}
