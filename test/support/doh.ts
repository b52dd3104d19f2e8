import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Zone } from './dns.ts'

const TYPES = { A: 1, AAAA: 28, TXT: 16 } as const
const STATUS = { NXDOMAIN: 3, SERVFAIL: 2 } as const

/** A resolver on this machine that is asked over HTTP and answers in JSON, as a URL. */
export async function startDoh(zone: Zone): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const { searchParams } = new URL(url, 'http://doh')
    const type = searchParams.get('type')
    const answer = answerTo(searchParams.get('name') ?? '', type === 'AAAA' || type === 'TXT' ? type : 'A', zone)
    if (answer) response.setHeader('content-type', 'application/dns-json').end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`
}

function answerTo(name: string, kind: keyof typeof TYPES, zone: Zone) {
  const { ttl = 60, fails, ...records } = zone[name] ?? { fails: 'NXDOMAIN' as const }
  if (fails === 'silent') return null
  if (fails) return { Status: STATUS[fails] }
  return { Status: 0, Answer: (records[kind] ?? []).map((data) => ({ name, type: TYPES[kind], TTL: ttl, data })) }
}
