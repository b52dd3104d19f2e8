import type { Database } from '../config/database.ts'

/** What the database without a name is called where it is told of. */
export const nameOfDatabase = ({ name = 'database' }: Database): string => name
