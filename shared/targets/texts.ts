import { AppError } from '../errors.ts'

/** The TXT records of a name; none where there is no such name. Fails with RESOLVER_UNAVAILABLE where nobody could say. */
export type Texts = (name: string) => Promise<string[]>

const STRING = /"((?:[^"\\]|\\.)*)"/g

/** What a record says that comes as in a zone's file (RFC 1035 5.1): in several strings where it is long, or bare. */
export function textOf(data: string): string {
  if (!data.startsWith('"')) return data
  const strings = [...data.matchAll(STRING)].map(([, text = '']) => text)
  return strings
    .join('')
    .replace(/\\(\d{3}|.)/g, (_, escaped: string) =>
      escaped.length === 1 ? escaped : String.fromCharCode(Number(escaped)),
    )
}

/** For a platform that cannot ask. */
export const noTexts: Texts = async (name) => {
  throw new AppError('RESOLVER_UNAVAILABLE', `The name ${name} cannot be looked for by this front: it has no resolver`)
}
