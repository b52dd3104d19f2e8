/** A header as HPACK has it: a name in lower case, or one of HTTP/2's own with a colon before it, and a value. */
export type Field = readonly [name: string, value: string]

/** RFC 7541, Appendix A, from index 1 on. What has no value has none there either. */
export const STATIC: Field[] = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .split('\n')
  .map((line) => {
    const [name = '', ...value] = line.split(' ')
    return [name, value.join(' ')]
  })

/** Where a name stands first. */
export const indexOfName = new Map<string, number>()
for (const [i, [name]] of STATIC.entries()) if (!indexOfName.has(name)) indexOfName.set(name, i + 1)
