import type { HttpRequestRule } from '../../dataplane/models.ts'
import type { BasicAuthRecord } from '../../domain/options/http-rules.ts'
import { answerPage } from './page.ts'

const DIGEST = { var_scope: 'txn', var_name: 'digest' }

/**
 * What the client sends is hashed as the passwords were (`shared/routes/passwords.ts`). The key comes from the frontend,
 * which has it from a map: without it nobody is let in.
 */
export function askPassword({ realm, users }: BasicAuthRecord, host: string): HttpRequestRule[] {
  const sent = 'req.fhdr(authorization),regsub(^[A-Za-z]+.,)'
  const refusal = answerPage({
    status: 401,
    title: 'Who are you?',
    text: 'This needs a name and a password.',
    headers: { 'WWW-Authenticate': `Basic realm="${realm}", charset="UTF-8"` },
  })
  const known = users.map(({ digest }) => digest).join(' ')
  return [
    { type: 'set-var', ...DIGEST, var_expr: `${sent},concat(|${host}),hmac(sha256,txn.passwords),hex` },
    { ...refusal, cond: 'unless', cond_test: `{ var(txn.digest) -m str ${known} }` },
    { type: 'set-header', hdr_name: 'X-Forwarded-User', hdr_format: '%[http_auth_user]' },
    // The server need not know the password.
    { type: 'del-header', hdr_name: 'Authorization' },
  ]
}
