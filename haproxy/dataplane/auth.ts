import { createHash, timingSafeEqual } from 'node:crypto'

export interface Credentials {
  user: string
  password: string
}

/** Basic authentication that takes as long for a wrong password as for the right one. */
export function createAuth({ user, password }: Credentials) {
  const expected = digest(`${user}:${password}`)
  return (authorization: string | null): 'welcome' | 'missing' | 'wrong' => {
    const given = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1]
    if (given === undefined) return 'missing'
    const isRight = timingSafeEqual(digest(Buffer.from(given, 'base64').toString('utf8')), expected)
    return isRight ? 'welcome' : 'wrong'
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()
