import type { Call } from './http.ts'

/** What takes routes, and where they are live. */
export interface Site {
  httpPort: number
  agent: Call
  admin: Call
}
