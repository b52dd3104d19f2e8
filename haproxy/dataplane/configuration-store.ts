import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Configuration, parseConfiguration, printConfiguration } from '../../shared/haproxy-text/index.ts'
import { ApiError } from './api-error.ts'
import { writeDurably } from './durable-file.ts'
import { versionOf, withMarks, withoutMarks } from './managed-text.ts'
import type { Paths } from './paths.ts'
import { checkFile } from './process/check.ts'

/** The configuration as this API knows it: in memory what is on the disk. */
export interface ConfigurationStore {
  readonly version: number
  readonly configuration: Configuration
  /** With the lines of the API on top. */
  text(): { text: string; checksum: string }
  /** Fails with 400 and HAProxy's own words when it does not want it. */
  validate(body: string): Promise<void>
  /** Onto the disk, checked, as the next version or as this one. */
  write(configuration: Configuration, version?: number): Promise<void>
  /** HAProxy runs what was last written. */
  markGood(): Promise<void>
  /** Back to what HAProxy last ran, as a version of its own. False: that is what there is. */
  rollBack(): Promise<boolean>
  /** Whether HAProxy was last seen to run exactly this. */
  isGood(): boolean
}

export async function openConfigurationStore(
  paths: Paths,
  haproxy: string,
  first: string,
): Promise<ConfigurationStore> {
  if (!existsSync(paths.configuration)) await writeDurably(paths.configuration, withMarks(first, 1).text)
  const found = readFileSync(paths.configuration, 'utf8')
  let version = versionOf(found) ?? 1
  let configuration = parseConfiguration(withoutMarks(found))
  let body = printConfiguration(configuration)

  const lastGood = () => (existsSync(paths.lastGood) ? readFileSync(paths.lastGood, 'utf8') : null)
  let goodBody = lastGood()

  const put = async (next: Configuration, nextVersion: number) => {
    const nextBody = printConfiguration(next)
    await writeDurably(paths.configuration, withMarks(nextBody, nextVersion).text)
    configuration = next
    body = nextBody
    version = nextVersion
  }
  const validate = async (candidate: string) => {
    const path = join(paths.folder, `.candidate-${randomBytes(6).toString('hex')}.cfg`)
    try {
      await writeFile(path, candidate, { mode: 0o600 }).catch(refuseFullDisk)
      const { valid, reasons } = await checkFile(haproxy, path, paths.folder)
      if (!valid) throw new ApiError(400, refusal(reasons))
    } finally {
      await rm(path, { force: true })
    }
  }
  return {
    get version() {
      return version
    },
    get configuration() {
      return configuration
    },
    text: () => withMarks(body, version),
    validate,
    async write(next, nextVersion = version + 1) {
      await validate(printConfiguration(next))
      await put(next, nextVersion)
    },
    async markGood() {
      if (goodBody === body) return
      goodBody = body
      await writeDurably(paths.lastGood, body)
    },
    isGood: () => goodBody === body,
    async rollBack() {
      if (goodBody === null || goodBody === body) return false
      await put(parseConfiguration(goodBody), version + 1)
      return true
    },
  }
}

const refusal = (reasons: string[]) =>
  `validation error: exit status 1: ${reasons.map((reason) => `msg=${JSON.stringify(reason)}`).join('\n')}`

function refuseFullDisk(cause: unknown): never {
  throw new ApiError(
    500,
    'The configuration cannot be checked, nothing was changed: its folder cannot be written',
    cause,
  )
}
