import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import { GatewayFileError } from './gateway-file-error.ts'
import { unfoldAliases } from './unfold-aliases.ts'

/** A text in YAML, or in JSON, which is YAML too; and where in it everything stands. */
export interface GatewayDocument {
  value: unknown
  /** The line of what stands at this path, or else of what it would stand in. */
  lineOf(path: readonly PropertyKey[]): number
}

export function parseGatewayDocument(text: string): GatewayDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  if (document.errors.length > 0)
    throw new GatewayFileError(
      document.errors.map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`),
    )
  const endless = unfoldAliases(document)
  if (endless) throw new GatewayFileError([`line ${lines.linePos(endless.offset).line}: ${endless.sentence}`])
  return {
    value: document.toJS(),
    lineOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const at = offsetOf(document, path.slice(0, length))
        if (at !== undefined) return lines.linePos(at).line
      }
      return 1
    },
  }
}

/** Of its name, where it has one. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent = path.length === 0 ? undefined : document.getIn(path.slice(0, -1), true)
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined
  const node = pair?.key ?? document.getIn(path, true)
  return isNode(node) ? node.range?.[0] : undefined
}
