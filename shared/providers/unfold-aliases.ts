import { type Alias, type Document, isAlias, isCollection, isNode, isPair, type Node } from 'yaml'

/** Why a document has no end, or none in sight, and where in its text that begins. */
export interface Endless {
  offset: number
  sentence: string
}

/** So many values may come of anchors that are used again, lest a short text becomes an endless one. */
const MOST_REPEATED = 100_000
const MOST_DEEP = 100

/**
 * Puts what each alias repeats in its place. The library would search the whole document for each of them, and follow one that
 * stands inside of itself.
 */
export function unfoldAliases(document: Document): Endless | null {
  const anchors = new Map<string, Node>()
  const sizes = new Map<unknown, number>()
  const open = new Set<Node>()
  let repeated = 0

  const sourceOf = (alias: Alias): Node => {
    const source = anchors.get(alias.source) ?? refuse(alias, `*${alias.source} names nothing that stands above`)
    if (open.has(source)) refuse(alias, `*${alias.source} stands inside of what it repeats`)
    repeated += sizes.get(source) ?? 1
    if (repeated > MOST_REPEATED)
      refuse(alias, `*${alias.source} makes it more than ${MOST_REPEATED} values that are repeated`)
    return source
  }
  /** What is to stand in its place. */
  const unfold = (node: unknown): unknown => {
    if (isAlias(node)) return sourceOf(node)
    if (isPair(node)) {
      node.key = unfold(node.key)
      node.value = unfold(node.value)
    }
    if (!isNode(node)) return node
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    if (!isCollection(node)) return node
    if (open.size >= MOST_DEEP) refuse(node, `it is nested more than ${MOST_DEEP} deep`)
    open.add(node)
    node.items = node.items.map(unfold)
    open.delete(node)
    sizes.set(node, 1 + node.items.reduce<number>((sum, item) => sum + sizeOf(item), 0))
    return node
  }
  const sizeOf = (item: unknown): number =>
    isPair(item) ? sizeOf(item.key) + sizeOf(item.value) : (sizes.get(item) ?? 1)

  try {
    unfold(document.contents)
    return null
  } catch (error) {
    if (error instanceof EndlessError) return error.endless
    throw error
  }
}

function refuse({ range }: Node, sentence: string): never {
  throw new EndlessError({ offset: range?.[0] ?? 0, sentence })
}

class EndlessError extends Error {
  readonly endless: Endless
  constructor(endless: Endless) {
    super(endless.sentence)
    this.endless = endless
  }
}
