import { addressOf, type Upstream } from '../config/upstream.ts'

const known = new WeakMap<Upstream, string>()

/** Its address, made once: each request asks for it several times. */
export function keyOf(upstream: Upstream): string {
  const before = known.get(upstream)
  if (before !== undefined) return before
  const key = addressOf(upstream)
  known.set(upstream, key)
  return key
}
