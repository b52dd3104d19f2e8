import { z } from 'zod'

/** Control characters, what is written from right to left by force, what cannot be seen, and what stands for nothing. */
const UNPRINTABLE = String.raw`\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufeff\ufff0-\ufffb\ufffe\uffff`
/** Without names of Unicode's classes, which not every language's patterns know. */
const PRINTABLE = new RegExp(`^[^${UNPRINTABLE}]+$`, 'u')

/** One line for people to read. */
export const plainText = (maxLength: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(maxLength, `must have at most ${maxLength} characters`)
    .regex(PRINTABLE, 'must not have control characters')
    .meta({ pattern: PRINTABLE.source })
