import type { TLSSocket } from 'node:tls'
import { FRONT_COMMON_NAME } from '../../shared/domain/front-name.ts'

/**
 * Whether a peer, whose certificate the handshake has found good, is the front. All agents have certificates of the same
 * CA: so what counts is the name, which stands there once. Of several names Node makes a list, which is nobody's.
 */
export const isFront = (socket: TLSSocket): boolean =>
  socket.authorized && (socket.getPeerCertificate().subject?.CN as unknown) === FRONT_COMMON_NAME
