import { z } from 'zod'
import { IPV6 } from './target-host.ts'

const WRITTEN = /^[0-9a-f.:]+(?:\/\d{1,3})?$/

/** An address or a network, such as 10.0.0.0/8. */
export const AddressRange = z
  .string()
  .max(49, 'must be an address or a network')
  .toLowerCase()
  .regex(WRITTEN, 'must be an address or a network, such as 192.0.2.0/24')
  .pipe(z.union([z.ipv4(), z.cidrv4(), z.ipv6(), z.cidrv6()], 'must be an address or a network, such as 192.0.2.0/24'))
  .meta({
    id: 'AddressRange',
    pattern: String.raw`^(?:${z.regexes.ipv4.source.slice(1, -1)}(?:\/(?:\d|[12]\d|3[0-2]))?|${IPV6}(?:\/(?:\d{1,2}|1[01]\d|12[0-8]))?)$`,
    example: '192.0.2.0/24',
  })
