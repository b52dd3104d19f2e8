import { z } from 'zod'

/** Control characters, what is written from right to left by force, what cannot be seen, and what stands for nothing. */
const UNPRINTABLE = String.raw`\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ue000-\uf8ff\ufeff\ufff0-\ufffb\ufffe\uffff`
/** Without names of Unicode's classes, which not every language's patterns know. */
const PRINTABLE = new RegExp(String.raw`^[^${UNPRINTABLE}\ud800-\udfff]+$`, 'u')
/** Halves of characters are nothing that JSON could carry, and what some generators of text stumble over. */
const DOCUMENTED = `^[^${UNPRINTABLE}]+$`

/** One line for people to read. */
export const plainText = (maxLength: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(maxLength, `must have at most ${maxLength} characters`)
    .regex(PRINTABLE, 'must not have control characters')
    .meta({ pattern: DOCUMENTED })
