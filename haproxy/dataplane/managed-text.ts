import { createHash } from 'node:crypto'

/** The lines that the API keeps on top of a configuration file. */
const MARKS =
  /^# (?:_md5hash=.*|_version=\d+|Dataplaneapi managed File|changing file directly can cause a conflict.*)\n/gm

export const withoutMarks = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(MARKS, '').replace(/^\n+/, '')

/** The version that a text says it has; null when it says none. */
export function versionOf(text: string): number | null {
  const found = /^# _version=(\d{1,15})$/m.exec(text)
  return found ? Number(found[1]) : null
}

export function withMarks(body: string, version: number): { text: string; checksum: string } {
  const marked = `# _version=${version}
# Dataplaneapi managed File
# changing file directly can cause a conflict if dataplaneapi is running

${body}`
  const checksum = createHash('md5').update(marked).digest('hex')
  return { text: `# _md5hash=${checksum}\n${marked}`, checksum }
}
