/** Without it HAProxy closes what is idle. */
export const STAY_OPEN = 'set timeout cli 86400'

/** Whose command line it is, by what `show info` says. */
export const pidIn = (info: string): string | null => /^Pid: (\d+)$/m.exec(info)?.[1] ?? null
