import type { DnsAnswer, RecordType } from './message.ts'

type FoundRecords = Pick<DnsAnswer, 'addresses' | 'services' | 'ttlSeconds'>

/** What a name has of one type; `null`: nothing, or there is no such name. Rejects when nobody can say. */
export type AskDns = (name: string, type: RecordType, signal: AbortSignal) => Promise<FoundRecords | null>
