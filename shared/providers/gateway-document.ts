import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import { GatewayFileError } from './gateway-file-error.ts'

/** A text in YAML, or in JSON, which is YAML too; and where in it everything stands. */
export interface GatewayDocument {
  value: unknown
  /** The line of what stands at this path, or else of what it would stand in. */
  lineOf(path: readonly PropertyKey[]): number
}

/** So many uses of anchors, lest a short text becomes an endless one. */
const MOST_ALIASES = 100

export function parseGatewayDocument(text: string): GatewayDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0)
    throw new GatewayFileError(
      document.errors.map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`),
    )
  return {
    value: plainOf(document),
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const at = offsetOf(document, path.slice(0, length))
        if (at !== undefined) return lines.linePos(at).line
      }
      return 1
    },
  }
}

function plainOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES })
  } catch (error) {
    throw new GatewayFileError([error instanceof Error ? error.message : String(error)])
  }
}

/** Of its name, where it has one. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true)
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined
  const node = pair?.key ?? document.getIn(path, true)
  return isNode(node) ? node.range?.[0] : undefined
}
