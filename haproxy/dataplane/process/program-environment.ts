/** HAProxy lies where only root looks by itself. */
const SYSTEM_FOLDERS = '/usr/sbin:/sbin'

/** All that HAProxy gets of this process's environment. */
export const programEnvironment = (): { PATH: string } => ({
  PATH: process.env.PATH ? `${process.env.PATH}:${SYSTEM_FOLDERS}` : SYSTEM_FOLDERS,
})
