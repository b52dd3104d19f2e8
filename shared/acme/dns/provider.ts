import type { LeadsTo } from './alias.ts'

/** Whoever writes into the zone. Each call may be repeated, and more than one value may stand under a name. */
export interface DnsProvider {
  /** Adds a TXT record. */
  set(name: string, value: string, signal: AbortSignal): Promise<void>
  /** Takes this value away, and no other. One that is not there is no error. */
  remove(name: string, value: string, signal: AbortSignal): Promise<void>
}

/** What it takes to prove a name by DNS. */
export interface DnsProofs {
  provider: DnsProvider
  sees: SeesText
  leadsTo: LeadsTo
}

/** Whether this TXT record is there for everybody who asks. */
export type SeesText = (name: string, value: string) => Promise<boolean>
