import type { Missing } from './fill-in.ts'

type Steps = readonly PropertyKey[]

const SERVICES: PropertyKey[] = ['apps', 'databases']

/** What only those need who serve it. */
export const isOfService = ([first = '']: Steps): boolean => SERVICES.includes(first)

export const samePath = (one: Steps, other: Steps): boolean =>
  one.length === other.length && one.every((step, i) => step === other[i])

/** The same without the fields that cannot be what they should, since the environment lacks a part of them. */
export function withoutUnset(value: unknown, issues: { path: Steps }[], unset: Missing[]): unknown {
  const left = unset.filter(({ steps }) => issues.some(({ path }) => samePath(path, steps)))
  const copy = structuredClone(value)
  for (const { steps } of left) {
    const holder = steps.slice(0, -1).reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown>)?.[step], copy)
    delete (holder as Record<PropertyKey, unknown>)[steps.at(-1) ?? '']
  }
  return copy
}
