import { z } from 'zod'
import { Secret } from '../secret.ts'
import { SourceError } from '../source-error.ts'

/** By what the source knows who asks. */
export const Authorization = z.union(
  [
    z.strictObject({ bearer: Secret }),
    z.strictObject({
      user: z
        .string()
        .min(1)
        .regex(/^[^:]*$/, 'must have no colon'),
      password: Secret,
    }),
    z.strictObject({
      header: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be a header’s name'),
      value: Secret,
    }),
  ],
  'must be an object with bearer, with user and password, or with header and value',
)
export type Authorization = z.infer<typeof Authorization>

export function secretOf(authorization: Authorization): Secret {
  if ('bearer' in authorization) return authorization.bearer
  return 'header' in authorization ? authorization.value : authorization.password
}

/** The headers, with the secret as it is at the moment. */
export async function headersOf(
  authorization: Authorization | undefined,
  readSecret: (secret: Secret) => Promise<string>,
): Promise<Record<string, string>> {
  if (authorization === undefined) return {}
  const secret = await readSecret(secretOf(authorization))
  if ('bearer' in authorization) return inHeader('authorization', `Bearer ${secret}`)
  if ('header' in authorization) return inHeader(authorization.header, secret)
  const login = new TextEncoder().encode(`${authorization.user}:${secret}`)
  return { authorization: `Basic ${btoa(String.fromCharCode(...login))}` }
}

/** The runtime would say what is wrong with it, and repeat it in doing so. */
function inHeader(name: string, value: string): Record<string, string> {
  if (/^[\x20-\x7e]*$/.test(value)) return { [name]: value }
  throw new SourceError('The secret of authorization has a line break in it, or a letter that no header may have')
}
