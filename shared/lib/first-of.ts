/** The first so many sentences, and how many more there are. */
export function firstOf(sentences: string[], most: number): string[] {
  const left = sentences.length - most
  return left <= 0 ? sentences : [...sentences.slice(0, most), `and ${left} more`]
}
