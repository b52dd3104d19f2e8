import { readFileSync } from 'node:fs'
import type { HaproxyUser, Paths } from './paths.ts'

/** Enough for a front; what the machine allows may be less. */
const MOST_CONNECTIONS = 20_000
/** Listeners, logs, pipes and idle connections to servers. */
const OTHER_DESCRIPTORS = 1000
/** Each server with a health check needs one too: HAProxy adds them up before it starts, and refuses when too few are left. */
const MOST_CHECKS = 20_000

/** What HAProxy can hold without refusing to start: each connection has two sides. */
export function safeMaxconn(descriptors: number): number {
  const left = Math.max(descriptors - OTHER_DESCRIPTORS, Math.floor(descriptors / 2))
  const checks = Math.min(MOST_CHECKS, Math.floor(left / 2))
  return Math.max(10, Math.min(MOST_CONNECTIONS, Math.floor((left - checks) / 2)))
}

function descriptorLimit(limits = '/proc/self/limits'): number {
  try {
    const hard = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(readFileSync(limits, 'utf8'))?.[1]
    return hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard ?? 1024)
  } catch {
    return 1024
  }
}

export const firstConfiguration = (paths: Paths, user: HaproxyUser | null): string => `global
  maxconn ${safeMaxconn(descriptorLimit())}
  stats socket ${paths.statsSocket} mode 600 level admin expose-fd listeners
  stats timeout 30s
  hard-stop-after 1h
  # HAProxy's own HTTP client (Lua, ACME) is not used here: for it each start would read all authorities of the system.
  httpclient.ssl.verify none
${user ? '  user haproxy\n  group haproxy\n' : ''}
defaults front
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout http-request 10s
  timeout http-keep-alive 60s
  timeout tunnel 1h
`
