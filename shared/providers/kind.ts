import type { z } from 'zod'
import type { Log } from '../log/log.ts'
import type { BackendProvider } from './provider.ts'
import type { Secret } from './secret.ts'

/** A kind of provider that gateway.yaml may name. */
export interface ProviderKind {
  /** What may stand beside `kind`. */
  options: z.ZodType
  /** Those of its options that are shown nowhere, not even where an error repeats them. */
  secrets?(options: never): readonly (Secret | undefined)[]
  /** With options that the schema has parsed. Called again after a failure. */
  open(options: never, parts: KindParts): BackendProvider
}

/** What all kinds are made of besides. */
export interface KindParts {
  /** The provider's, in gateway.yaml. */
  name: string
  log: Log
}

export type Kinds = { readonly [kind: string]: ProviderKind }

/** Sees to it that the options are those of the schema. */
export const providerKind = <S extends z.ZodType>(kind: {
  options: S
  secrets?(options: z.output<S>): readonly (Secret | undefined)[]
  open(options: z.output<S>, parts: KindParts): BackendProvider
}): ProviderKind => kind
