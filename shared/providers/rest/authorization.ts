import { z } from 'zod'
import { Secret } from '../secret.ts'

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

/** The headers, with the secret as it is at the moment. */
export async function headersOf(
  authorization: Authorization | undefined,
  readSecret: (secret: Secret) => Promise<string>,
): Promise<Record<string, string>> {
  if (authorization === undefined) return {}
  if ('bearer' in authorization) return { authorization: `Bearer ${await readSecret(authorization.bearer)}` }
  if ('header' in authorization) return { [authorization.header]: await readSecret(authorization.value) }
  const login = new TextEncoder().encode(`${authorization.user}:${await readSecret(authorization.password)}`)
  return { authorization: `Basic ${btoa(String.fromCharCode(...login))}` }
}
