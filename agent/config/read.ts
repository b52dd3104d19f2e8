import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml'
import { sentencesOf } from '../../shared/lib/problems.ts'
import { type Environment, fillIn } from './fill-in.ts'
import { Settings } from './settings.ts'
import { isOfService, isWithin, samePath, unusable, without } from './unset.ts'

/** All that is wrong with the file, each with its place: `12:5 apps[0].port must be a port to 65535`. */
export class SettingsError extends Error {
  readonly mistakes: string[]

  constructor(file: string, mistakes: string[]) {
    super(`${file} cannot be used:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`)
    this.name = 'SettingsError'
    this.mistakes = mistakes
  }
}

interface ReadOptions {
  file: string
  /** What `${NAME}` stands for. */
  environment: Environment
  /**
   * What apps and databases need of the environment, and is not set there. `refused`, if not given: a mistake. `left`: they
   * keep the name of it, for whom it is enough to know which there are.
   */
  unset?: 'refused' | 'left'
}

/** agent.yaml's text as settings. */
export function readSettings(text: string, { file, environment, unset = 'refused' }: ReadOptions): Settings {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0) {
    const mistakes = document.errors.map(({ linePos, message }) => {
      const [{ line, col } = { line: 1, col: 1 }] = linePos ?? []
      return `${line}:${col} ${message.split(/ at line |\n/)[0]}`
    })
    throw new SettingsError(file, mistakes)
  }
  const { value, missing } = fillIn(plain(document, file) ?? {}, environment)
  const needed = unset === 'left' ? missing.filter(({ steps }) => !isOfService(steps)) : missing
  let parsed = Settings.safeParse(value)
  const leftOut = parsed.success ? [] : unusable(missing, parsed.error.issues)
  if (unset === 'left' && leftOut.length > 0) parsed = Settings.safeParse(without(value, leftOut))
  if (parsed.success && needed.length === 0) return parsed.data
  const problems = parsed.success ? [] : sentencesOf(parsed.error.issues)
  const lacking = leftOut.filter((each) => problems.some(({ steps }) => isWithin(each.steps, steps)))
  const unmet = new Set([...needed, ...lacking])
  const mistakes = [
    ...[...unmet].map(({ steps, name }) => ({
      steps,
      text: `needs ${name} in the environment, which is not set there`,
    })),
    // What is wrong with what is not there is no mistake of its own.
    ...problems
      .filter(({ steps }) => !missing.some((each) => samePath(each.steps, steps)))
      .map(({ steps, path, sentence }) => ({ steps, text: `${path} ${sentence}`.trim() })),
  ]
  throw new SettingsError(
    file,
    inOrder(mistakes, (steps) => placeOf(document, lines, steps)),
  )
}

/** A file may be without a mistake in its letters, and yet not be one: an alias of nothing, or of too much. */
function plain(document: Document, file: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw new SettingsError(file, [(error as Error).message])
  }
}

/** As they stand in the file. */
function inOrder(
  mistakes: { steps: PropertyKey[]; text: string }[],
  placed: (steps: PropertyKey[]) => Place,
): string[] {
  return mistakes
    .map(({ steps, text }) => ({ ...placed(steps), text }))
    .sort((one, other) => one.line - other.line || one.col - other.col)
    .map(({ line, col, text }) => `${line}:${col} ${text}`)
}

interface Place {
  line: number
  col: number
}

/** Where that is written; of what is missing, where it should be. */
function placeOf(document: Document, lines: LineCounter, steps: readonly PropertyKey[]): Place {
  for (let length = steps.length; length >= 0; length--) {
    const path = steps.slice(0, length)
    const node = length === 0 ? document.contents : (keyAt(document, path) ?? document.getIn(path, true))
    if (!isNode(node) || !node.range) continue
    return lines.linePos(node.range[0])
  }
  return { line: 1, col: 1 }
}

/** The name of a field, rather than what stands behind it, is what a reader looks for. */
function keyAt(document: Document, path: readonly PropertyKey[]): unknown {
  const parent = document.getIn(path.slice(0, -1), true)
  const name = path.at(-1)
  return isMap(parent) ? parent.items.find(({ key }) => String(key) === name)?.key : undefined
}
