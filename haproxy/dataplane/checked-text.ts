import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A configuration as it is checked: one certificate stands for the folder of them all, since each takes HAProxy a
 * millisecond. They were looked at when they came, and a reload that fails for one of them leaves the worker that runs.
 */
export async function checkedText(text: string, certificates: string): Promise<string> {
  const [first] = (await readdir(certificates)).filter((name) => /^[^.].*\.pem$/.test(name)).sort()
  return first ? text.replaceAll(` crt ${certificates}/ `, ` crt ${join(certificates, first)} `) : text
}
