import { readFileSync } from 'node:fs'
import { createDataPlane } from '../../shared/dataplane/client.ts'

interface Recorded {
  name: string
  response: { status: number; headers: Record<string, string>; body: unknown }
}

const transcript = JSON.parse(readFileSync('test/fixtures/dataplane-transcript.json', 'utf8')) as Recorded[]
const byName = new Map(transcript.map((entry) => [entry.name, entry.response]))

/** What was asked, as method, path with query, and body. */
interface Asked {
  line: string
  body: string
}

/** An answer by its name in the transcript, or one that was seen and is not in it. */
export type Answer = string | { status: number; message: string } | { status: number; json: unknown }

/** A client that gets these recorded answers of the real API, one after the other. */
export function replaying(...answers: Answer[]) {
  const asked: Asked[] = []
  const fetch = async (request: Request) => {
    const { pathname, search } = new URL(request.url)
    const path = pathname.replace(/^\/v3\/services\/haproxy/, '')
    asked.push({ line: `${request.method} ${path}${search}`, body: await request.text() })
    const answer = answers.shift()
    if (answer === undefined) throw new Error(`nothing recorded for ${asked.at(-1)?.line}`)
    return toResponse(answer)
  }
  const options = { url: 'http://node.test:5555', username: 'admin', password: 'very-secret', random: () => 0 }
  return { dataPlane: createDataPlane({ ...options, fetch, sleep: async () => {} }), asked, left: answers }
}

function toResponse(answer: Answer): Response {
  if (typeof answer !== 'string') {
    const body = 'json' in answer ? answer.json : { code: answer.status, message: answer.message }
    return Response.json(body, { status: answer.status, headers: { 'Configuration-Version': '5' } })
  }
  const recorded = byName.get(answer)
  if (!recorded) throw new Error(`${answer} is not in the transcript`)
  const { status, headers, body } = recorded
  const json = /json/.test(headers['Content-Type'] ?? '')
  const empty = headers['Content-Type'] === undefined
  return new Response(empty ? null : json ? `${JSON.stringify(body)}\n` : String(body), { status, headers })
}
