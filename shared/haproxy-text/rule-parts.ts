import { HaproxyTextError } from './text-error.ts'
import { checkInteger, checkOneOf, checkWord, checkWords } from './words.ts'

export type RuleFields = Record<string, unknown>

/** A piece of a rule's line after its action: how it is printed from the fields, and read back into them. */
export interface Part {
  fields: readonly string[]
  print(rule: RuleFields): string[]
  /** Takes its words off the front of `words`; false: it does not fit. */
  parse(words: string[], into: RuleFields): boolean
}

const isMissing = (value: unknown) => value === undefined || value === null || value === ''

function required(rule: RuleFields, field: string): unknown {
  if (isMissing(rule[field])) throw new HaproxyTextError(`${field} is required for a rule of the type ${rule.type}`)
  return rule[field]
}

/** One word that must be there. */
export const word = (field: string): Part => ({
  fields: [field],
  print: (rule) => [checkWord(field, required(rule, field))],
  parse(words, into) {
    into[field] = words.shift()
    return into[field] !== undefined
  },
})

/** All that is left, as one expression; `if` and `unless` would end it. */
export const expression = (field: string, { optional = false } = {}): Part => ({
  fields: [field],
  print(rule) {
    if (optional && isMissing(rule[field])) return []
    const text = checkWords(field, required(rule, field))
    if (text.split(' ').some((each) => each === 'if' || each === 'unless'))
      throw new HaproxyTextError(`${field} must not hold a condition`)
    return [text]
  },
  parse(words, into) {
    if (words.length > 0) into[field] = words.splice(0).join(' ')
    return optional || into[field] !== undefined
  },
})

/** `keyword value`, where the value is given. */
export const option = (keyword: string, field: string, { number = false } = {}): Part => ({
  fields: [field],
  print(rule) {
    if (isMissing(rule[field])) return []
    return [keyword, number ? String(checkInteger(field, rule[field])) : checkWord(field, rule[field])]
  },
  parse(words, into) {
    if (words[0] !== keyword) return true
    const [, value] = words.splice(0, 2)
    into[field] = number ? Number(value) : value
    return value !== undefined && !Number.isNaN(into[field])
  },
})

/** A keyword that stands there when the field is true. */
export const flag = (keyword: string, field: string): Part => ({
  fields: [field],
  print: (rule) => (rule[field] === true ? [keyword] : []),
  parse(words, into) {
    if (words[0] !== keyword) return true
    words.shift()
    into[field] = true
    return true
  },
})

/** One of a few words, followed by another field's word: `string "no such host"`, `status 200`. */
export const tagged = (tagField: string, tags: readonly string[], field: string, { optional = true } = {}): Part => ({
  fields: [tagField, field],
  print(rule) {
    if (optional && isMissing(rule[tagField])) return []
    const tag = checkOneOf(tagField, required(rule, tagField), tags)
    return isMissing(rule[field]) ? [tag] : [tag, checkWord(field, rule[field])]
  },
  parse(words, into) {
    if (!tags.includes(words[0] ?? '')) return optional
    into[tagField] = words.shift()
    if (words.length > 0) into[field] = words.shift()
    return true
  },
})

/** `hdr name format`, any number of times. */
export const headers = (field: string): Part => ({
  fields: [field],
  print(rule) {
    if (isMissing(rule[field])) return []
    if (!Array.isArray(rule[field])) throw new HaproxyTextError(`${field} must be a list`)
    return rule[field].flatMap((each: RuleFields) => [
      'hdr',
      checkWord(`${field}.name`, each?.name),
      checkWord(`${field}.fmt`, each?.fmt),
    ])
  },
  parse(words, into) {
    const found: object[] = []
    while (words[0] === 'hdr') {
      const [, name, fmt] = words.splice(0, 3)
      if (fmt === undefined) return false
      found.push({ name, fmt })
    }
    if (found.length > 0) into[field] = found
    return true
  },
})
