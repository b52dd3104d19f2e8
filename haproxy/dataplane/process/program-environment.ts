/** HAProxy lies where only root looks by itself. */
const SYSTEM_FOLDERS = '/usr/sbin:/sbin'

/** All that HAProxy gets of this process's environment: where it finds programs, and whom everybody trusts. */
export const programEnvironment = (): { PATH: string; SSL_CERT_DIR?: string } => {
  const { PATH, SSL_CERT_DIR } = process.env
  return {
    PATH: PATH ? `${PATH}:${SYSTEM_FOLDERS}` : SYSTEM_FOLDERS,
    ...(SSL_CERT_DIR !== undefined && { SSL_CERT_DIR }),
  }
}
