/** Calls that take their body as it comes, and so say who asks in a header. */
const PATHS = ['/api/import']

export const takesBodyAsItComes = (path: string): boolean => PATHS.includes(path)
