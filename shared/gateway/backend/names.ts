import type { Route } from '../../domain/route-record.ts'

const PREFIX = 'b:'

/** Another generation is another backend, so that the old one serves until the new one stands. */
export const backendName = ({ id, generation }: Pick<Route, 'id' | 'generation'>): string =>
  `${PREFIX}${id}:${generation}`

export const isOurBackend = (name: string): boolean => name.startsWith(PREFIX)

/** Whose backend it is. */
export const routeIdOf = (name: string): string => name.slice(PREFIX.length, name.lastIndexOf(':'))

export const generationOf = (name: string): number => Number(name.slice(name.lastIndexOf(':') + 1))
