import { z } from 'zod'
import { whole } from './whole.ts'

const TWO_YEARS_SECONDS = 63_072_000

export const RedirectToHttps = z.boolean().meta({
  description:
    'Whether what comes by plain HTTP is sent to the same address by HTTPS, with 308. Not given: once the host has a certificate that browsers trust',
})

export const Hsts = z
  .union(
    [z.boolean(), z.strictObject({ maxAgeSeconds: whole(0, TWO_YEARS_SECONDS) })],
    'must be true, false, or an object with maxAgeSeconds',
  )
  .meta({
    description:
      'Whether browsers are told to come by HTTPS alone from now on (Strict-Transport-Security, for 180 days unless maxAgeSeconds is given), where they trust the certificate of the host. 0 takes it back. What the server says of it itself stays. Not given: true, and with redirectToHttps false: false',
    example: { maxAgeSeconds: 86_400 },
  })

interface Https {
  redirectToHttps?: boolean | undefined
  hsts?: z.infer<typeof Hsts> | undefined
}

/** What a record keeps of it. */
export function httpsOf({ redirectToHttps, hsts }: Https): { redirectToHttps?: boolean; hsts?: boolean | number } {
  return {
    ...(redirectToHttps !== undefined && { redirectToHttps }),
    ...(hsts !== undefined && { hsts: typeof hsts === 'object' ? hsts.maxAgeSeconds : hsts }),
  }
}
