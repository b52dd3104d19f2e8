import { z } from 'zod'
import { SourceError } from '../source-error.ts'
import { PathText } from './mapping.ts'
import { select } from './path.ts'

/** How an answer says where it goes on. Beside it, a `Link` header with `rel="next"` always does. */
export const Paging = z.union(
  [
    z.strictObject({
      next: PathText.meta({ description: 'Where the URL of the next page is', example: '$.links.next' }),
    }),
    z.strictObject({
      cursor: PathText.meta({ description: 'Where the cursor of the next page is', example: '$.meta.cursor' }),
      parameter: z.string().min(1).meta({ description: 'The parameter of the URL that takes it' }),
    }),
  ],
  'must be an object with next, or with cursor and parameter',
)
export type Paging = z.infer<typeof Paging>

/** The next page's URL, or `null`: this was the last. */
export function nextPage(
  paging: Paging | undefined,
  { url, headers, document }: { url: URL; headers: Headers; document: unknown },
): URL | null {
  const inHeader = linkedNext(headers.get('link') ?? '')
  if (inHeader !== null) return toUrl(inHeader, url)
  if (paging === undefined) return null
  const [found] = select('next' in paging ? paging.next : paging.cursor, document)
  if (found === undefined || found === null || found === '' || found === false) return null
  if (typeof found !== 'string' && typeof found !== 'number')
    throw new SourceError('What should say where the next page is is neither text nor a number')
  if ('next' in paging) return toUrl(String(found), url)
  const next = new URL(url)
  next.searchParams.set(paging.parameter, String(found))
  return next
}

/** RFC 8288: `<https://…>; rel="next"`, several with commas between. */
function linkedNext(header: string): string | null {
  for (const [, target = '', parameters = ''] of header.matchAll(/<([^>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=[\s;,]|$))/i.test(parameters)) return target
  }
  return null
}

function toUrl(text: string, base: URL): URL {
  const url = URL.parse(text, base.href)
  if (url === null) throw new SourceError('The next page’s URL is none')
  return url
}
