import { dataPlanePlace } from '../dataplane/data-plane-url.ts'

export interface ServicePlace {
  /** An address or a name. */
  host: string
  port: number
}

/** What belongs to a data plane: it itself, and the HAProxy beside it, which listens on the front's ports. */
export function aroundDataPlane(url: string, ports: readonly number[]): ServicePlace[] {
  const place = dataPlanePlace(url)
  return [place, ...ports.map((port) => ({ host: place.host, port }))]
}
