import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Configuration, parseConfiguration, printConfiguration } from '../../shared/haproxy-text/index.ts'
import { createGate } from '../../shared/lib/gate.ts'
import { ApiError } from './api-error.ts'
import { checkedText } from './checked-text.ts'
import { writeDurably } from './durable-file.ts'
import { versionOf, withMarks, withoutMarks } from './managed-text.ts'
import type { Paths } from './paths.ts'
import { checkFile } from './process/check.ts'

/** The configuration as this API knows it: in memory what is on the disk, also when that was edited by hand. */
export interface ConfigurationStore {
  readonly version: number
  readonly configuration: Configuration
  /** With the lines of the API on top. */
  text(): { text: string; checksum: string }
  /** Fails with 400 and HAProxy's own words when it does not want it. */
  validate(body: string): Promise<void>
  /** The same, ahead of a write of it: what was checked a moment ago is not checked again. */
  checkAhead(configuration: Configuration): Promise<void>
  /** Onto the disk, checked, as the next version or as this one. */
  write(configuration: Configuration, version?: number): Promise<void>
  /** HAProxy runs what was last written. */
  markGood(): Promise<void>
  /** Back to what HAProxy last ran, as a version of its own. False: that is what there is. */
  rollBack(): Promise<boolean>
  /** Whether HAProxy was last seen to run exactly this. */
  isGood(): boolean
}

/** A certificate or another file that it names may be another one later. */
const CHECKED_FOR_MS = 5_000

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
  const goodFile = createGate()

  let stamp = stampOf(paths.configuration)
  let writing = false
  /** What somebody wrote into the file by hand is the configuration from then on, as a version of its own. */
  const lookAtFile = () => {
    const current = stampOf(paths.configuration)
    if (writing || current === stamp || current === null) return
    stamp = current
    const text = readFileSync(paths.configuration, 'utf8')
    const next = parseConfiguration(withoutMarks(text))
    const nextBody = printConfiguration(next)
    if (nextBody === body) return
    configuration = next
    body = nextBody
    version = Math.max(version, versionOf(text) ?? 0) + 1
  }

  const put = async (next: Configuration, nextVersion: number) => {
    const nextBody = printConfiguration(next)
    writing = true
    try {
      await writeDurably(paths.configuration, withMarks(nextBody, nextVersion).text)
      stamp = stampOf(paths.configuration)
    } finally {
      writing = false
    }
    configuration = next
    body = nextBody
    version = nextVersion
  }
  const validate = async (candidate: string) => {
    const path = join(paths.folder, `.candidate-${randomBytes(6).toString('hex')}.cfg`)
    try {
      const text = await checkedText(candidate, paths.certificates)
      await writeFile(path, text, { mode: 0o600 }).catch(refuseFullDisk)
      const { valid, reasons } = await checkFile(haproxy, path, paths.folder)
      if (!valid) throw new ApiError(400, refusal(reasons))
    } finally {
      await rm(path, { force: true })
    }
  }
  let checked = { body: '', untilMs: 0 }
  const wasChecked = (candidate: string) => checked.body === candidate && performance.now() < checked.untilMs
  return {
    get version() {
      lookAtFile()
      return version
    },
    get configuration() {
      lookAtFile()
      return configuration
    },
    text() {
      lookAtFile()
      return withMarks(body, version)
    },
    validate,
    async checkAhead(next) {
      const candidate = printConfiguration(next)
      await validate(candidate)
      checked = { body: candidate, untilMs: performance.now() + CHECKED_FOR_MS }
    },
    async write(next, nextVersion = version + 1) {
      const candidate = printConfiguration(next)
      const isChecked = wasChecked(candidate)
      checked = { body: '', untilMs: 0 }
      if (!isChecked) await validate(candidate)
      await put(next, nextVersion)
    },
    async markGood() {
      const good = body
      const isKept = goodBody === good
      goodBody = good
      // One after the other: an older one must not come last, and whoever finds nothing to do waits for it all the same.
      await goodFile.run(async () => isKept || writeDurably(paths.lastGood, good))
    },
    isGood() {
      lookAtFile()
      return goodBody === body
    },
    async rollBack() {
      if (goodBody === null || goodBody === body) return false
      await put(parseConfiguration(goodBody), version + 1)
      return true
    },
  }
}

/** Changes with the file; null where there is none. */
function stampOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : null
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
