const MAX_LENGTH = 2_000

/**
 * HAProxy's own words out of what the API says, one finding a line, without what belongs to the node: paths, socket
 * commands, process ids and PEM blocks (the API repeats a refused command whole, with the key that was in it).
 */
export function readableReason(message: string): string {
  const text = withoutPem(message)
  const lines = quotedFindings(text) ?? alerts(text) ?? [runtimeAnswer(text)]
  const readable = lines.map(withoutNode).filter((line) => line !== '' && !SUMMARY.test(line))
  return [...new Set(readable)].join('\n').slice(0, MAX_LENGTH)
}

/** Says again that there were errors, after the errors. */
const SUMMARY =
  /^(Error\(s\) found in configuration file|Fatal errors found in configuration|Loading failure!|\[\S+\.main\(\)\])/

function withoutPem(text: string): string {
  return text.replace(/-----BEGIN [\s\S]*?(?:-----END [A-Z0-9 ]*-----|$)/g, '[PEM]')
}

/** The check's answer: `validation error: exit status 1: err transactionId=… msg="config …"`. */
function quotedFindings(text: string): string[] | null {
  const found = [...text.matchAll(/msg="((?:[^"\\]|\\.)*)"/g)].map(([, quoted]) => unquoted(quoted ?? ''))
  return found.length > 0 ? found.flatMap((line) => line.split('\n')) : null
}

function unquoted(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
}

/** A failed start's output: `[ALERT]    (4711) : Binding …` among notices and warnings. */
function alerts(text: string): string[] | null {
  const found = text.split('\n').flatMap((line) => /^.*\[ALERT\]\s+\(\S+\)\s*:\s*(.*)$/.exec(line)?.[1] ?? [])
  return found.length > 0 ? found : null
}

/** The socket's answer: `<socket> [3]  Unknown map identifier. […the command…] not found`. */
function runtimeAnswer(text: string): string {
  return text
    .replace(/^\S*\.sock\S* /, '')
    .replace(/^\[\d\]:?\s+/, '')
    .replace(/\s*\[(?:add|clear|commit|del|disable|enable|get|new|prepare|set|show)\b[\s\S]*\]/, '')
    .replace(/\s+general error$/, '')
}

function withoutNode(line: string): string {
  return line
    .replace(/^config\s*:?\s*/, '')
    .replace(/^[Pp]arsing\s+\[[^\]]*?(?::(\d+))?\]\s*:?\s*/, (_, number?: string) => (number ? `line ${number}: ` : ''))
    .replace(/\[[^\]\s]*\/[^\]\s]*:(\d+)\]/g, 'line $1')
    .replace(/(?<=[\s/])[\w.-]*\.[0-9a-f]{8}-[0-9a-f-]{27}:(\d+)/g, 'line $1')
    .replace(/(?<![\w:/])\/(?:[^\s/'"\]:,]+\/)+(?=[^\s/'"\]:,])/g, '')
    .trim()
}
