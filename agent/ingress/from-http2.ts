import type { FrontSide } from './exchange.ts'
import type { Forward } from './forward.ts'
import { createFrontSide } from './front-side.ts'
import { serveHttp2 } from './http2/connection.ts'
import type { Limits } from './limits.ts'
import type { ProtocolChoice } from './protocol-choice.ts'

/** What comes by HTTP/2, WebSockets of RFC 8441 too. */
export const createHttp2Side = (forward: Forward, choice: ProtocolChoice, { patienceMs }: Limits): FrontSide =>
  createFrontSide((socket) =>
    serveHttp2(socket, { forward, isShared: choice.mayHaveChosen(), wentAlone: choice.wentAlone, patienceMs }),
  )
