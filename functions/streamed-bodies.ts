/** Calls that take their body as it comes, and so say who asks in a header. */
const TAKEN = ['/api/import']
/** Calls whose body or answer nobody wants to have twice: a repeated export is another, and an import happens once. */
const STREAMED = [...TAKEN, '/api/export']

export const takesBodyAsItComes = (path: string): boolean => TAKEN.includes(path)

export const isTooLargeToKeep = (path: string): boolean => STREAMED.includes(path)
