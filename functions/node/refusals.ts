import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type ErrorCode, STATUS } from '../../shared/errors.ts'

const REFUSALS = {
  HEADERS_TOO_LARGE: 'The headers are larger than this server takes',
  REQUEST_TIMEOUT: 'The request took too long to arrive',
  MALFORMED_REQUEST: 'This is not a valid HTTP request',
} satisfies Partial<Record<ErrorCode, string>>

/** For what never reaches the app, and must be answered in JSON all the same. */
export const refusal = (code: keyof typeof REFUSALS) =>
  Response.json({ success: false, error: REFUSALS[code], code }, { status: STATUS[code] })

/** What Node's parser refuses has no response object, only a socket. */
export async function answerClientError(error: NodeJS.ErrnoException, socket: Socket): Promise<void> {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const answer = refusal(CLIENT_ERRORS[error.code ?? ''] ?? 'MALFORMED_REQUEST')
  const body = await answer.text()
  socket.end(
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
}

const CLIENT_ERRORS: Record<string, keyof typeof REFUSALS> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
}
