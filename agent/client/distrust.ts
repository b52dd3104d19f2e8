/** What Node says where a certificate is not good for whom was asked. */
const DISTRUST = /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT)/

/** The reason in words, where the connection ended since the other side could not prove who it is. */
export function distrustOf(error: unknown): string | null {
  const { code = '', message = '', cause } = (error ?? {}) as { code?: unknown; message?: string; cause?: unknown }
  // Behind the semicolon Node has advice, which would be none here.
  if (DISTRUST.test(String(code))) return message.split('; ')[0] ?? ''
  return cause === undefined ? null : distrustOf(cause)
}
