/** DNS names as certificates carry them: lower-case ASCII, perhaps with a wildcard as the whole first label. */

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const MAX_NAME_LENGTH = 253

export function isDnsName(name: string): boolean {
  const labels = name.replace(/^\*\.(?=.)/, '').split('.')
  return name.length <= MAX_NAME_LENGTH && labels.every((label) => LABEL.test(label))
}

export const isLabel = (text: string): boolean => LABEL.test(text)

/** RFC 5280 4.2.1.10: the domain itself, and whatever has labels in front of it. */
export function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`)
}

/** RFC 6125 6.4.3: a wildcard stands for exactly one label. A wanted wildcard needs the same wildcard. */
export function coveredBy(patterns: Iterable<string>): (wanted: string) => boolean {
  const have = new Set(Array.from(patterns, (pattern) => pattern.toLowerCase()))
  return (wanted) => {
    const want = wanted.toLowerCase()
    const firstDot = want.indexOf('.')
    return have.has(want) || (firstDot > 0 && have.has(`*${want.slice(firstDot)}`))
  }
}

export const covers = (pattern: string, wanted: string): boolean => coveredBy([pattern])(wanted)

export interface AgentNaming {
  agentId: string
  domain: string
  mongodbDomain: string
}

/** What an agent's certificate is good for: its databases, its own ingress, and itself seen from its own machine. */
export function agentNames({ agentId, domain, mongodbDomain }: AgentNaming): string[] {
  const database = `${agentId}.${mongodbDomain}`
  return [database, `*.${database}`, `${agentId}.agents.${domain}`, 'localhost']
}

/** A stranger's name as it may stand in an answer or a log: short, and without control characters. */
export const oneLine = (name: string): string => name.replace(/\p{Cc}/gu, '?').slice(0, MAX_NAME_LENGTH)
