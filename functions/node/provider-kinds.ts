import type { Kinds } from '../../shared/providers/kind.ts'

/** The kinds of providers that gateway.yaml may name. A kind of your own is a line here. */
export const KINDS: Kinds = {}
