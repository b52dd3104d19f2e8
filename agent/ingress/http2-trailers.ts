import { constants, type Http2Stream } from 'node:http2'
import type { RawHeaders } from './exchange.ts'
import { grouped } from './headers.ts'

/** Ends a stream with these. Where they are such that HTTP/2 has no place for them, it breaks off. */
export function sendTrailers(stream: Http2Stream, trailers: RawHeaders): void {
  try {
    stream.sendTrailers(grouped(trailers))
  } catch {
    stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
  }
}
