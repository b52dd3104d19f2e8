export interface DataPlaneAddress {
  /** Without credentials and without a slash at its end. */
  url: string
  username: string
  password: string
}

/** Takes the credentials out of a URL. What is wrong is said without repeating the text, which may hold a password. */
export function parseDataPlaneUrl(text: string): DataPlaneAddress {
  const url = URL.parse(text.trim())
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new TypeError('not an http or https URL')
  if (url.search || url.hash) throw new TypeError('a query or fragment has no meaning here')
  return {
    url: url.origin + url.pathname.replace(/\/(v3\/?)?$/, ''),
    username: decoded(url.username),
    password: decoded(url.password),
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new TypeError('user and password must be percent-encoded')
  }
}
