import { z } from 'zod'

const FORMS = [z.regexes.ipv4, z.regexes.cidrv4, z.regexes.ipv6, z.regexes.cidrv6]
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
    pattern: `^(?:${FORMS.map(({ source }) => source.slice(1, -1)).join('|')})$`,
    example: '192.0.2.0/24',
  })
