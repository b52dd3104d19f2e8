import { GRPC, Refusal } from './failure.ts'

export interface Credentials {
  user: string
  password: string
}

export type Post = (
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
) => Promise<Response>

/** Logs in before the first request, and again when etcd does not know the token any more (5 minutes, or a restart). */
export function withLogin({ user, password }: Credentials, post: Post): Post {
  let token: Promise<string> | undefined

  const logIn = async (endpoint: string, signal: AbortSignal): Promise<string> => {
    const body = JSON.stringify({ name: user, password })
    const response = await post(`${endpoint}/v3/auth/authenticate`, {}, body, signal)
    return ((await response.json()) as { token: string }).token
  }

  const forget = (old: Promise<string>) => {
    if (token === old) token = undefined
  }

  return async (url, headers, body, signal) => {
    token ??= logIn(new URL(url).origin, signal)
    const mine = token
    const Authorization = await mine.catch((error) => {
      forget(mine)
      throw error
    })
    try {
      return await post(url, { ...headers, Authorization }, body, signal)
    } catch (error) {
      if (!isOldToken(error)) throw error
      forget(mine)
      throw new Error('the login has run out', { cause: error })
    }
  }
}

/** The second: users or roles were changed since the login. */
const isOldToken = (error: unknown) =>
  error instanceof Refusal &&
  (error.grpcCode === GRPC.UNAUTHENTICATED || error.message.includes('revision of auth store is old'))
