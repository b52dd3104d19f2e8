import type { Missing } from './fill-in.ts'

type Steps = readonly PropertyKey[]

const SERVICES: PropertyKey[] = ['apps', 'databases']

/** What only those need who serve it. */
export const isOfService = ([first = '']: Steps): boolean => SERVICES.includes(first)

export const samePath = (one: Steps, other: Steps): boolean =>
  one.length === other.length && one.every((step, i) => step === other[i])

/** Whether that is a part of the other. */
export const isWithin = (steps: Steps, whole: Steps): boolean => samePath(steps.slice(0, whole.length), whole)

/** What cannot be what it should, since the environment lacks a part of it. */
export const unusable = (unset: Missing[], issues: { path: Steps }[]): Missing[] =>
  unset.filter(({ steps }) => issues.some(({ path }) => samePath(path, steps)))

/** The same without these fields. */
export function without(value: unknown, fields: { steps: Steps }[]): unknown {
  const copy = structuredClone(value)
  for (const { steps } of fields) {
    const holder = steps.slice(0, -1).reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown>)?.[step], copy)
    delete (holder as Record<PropertyKey, unknown>)[steps.at(-1) ?? '']
  }
  return copy
}
