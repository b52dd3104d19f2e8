import { readdirSync, readFileSync } from 'node:fs'

/** One process for ever: its number may be given to another later, but not with this start. */
export interface ProcessId {
  pid: number
  /** The machine's start, and the ticks from there to the process's. */
  startedAt: string
}

/** Null: there is none of this number, or it is dead and not yet buried, or this system does not tell. */
export function identify(pid: number): ProcessId | null {
  try {
    // The name in the second field may hold spaces and brackets.
    const [state = '', ...fields] = (readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1) ?? '').split(' ')
    return 'ZX'.includes(state) ? null : { pid, startedAt: `${bootId()}/${fields[18]}` }
  } catch {
    return null
  }
}

export const isSame = ({ pid, startedAt }: ProcessId): boolean => identify(pid)?.startedAt === startedAt

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()

/** All processes whose environment has this line. Those of other users cannot be looked at, and are none of ours. */
export function processesWith(variable: string, value: string): ProcessId[] {
  const line = `\0${variable}=${value}\0`
  return numbersInProc().flatMap((pid) => {
    const found = identify(pid)
    return found && environmentOf(pid).includes(line) ? [found] : []
  })
}

function numbersInProc(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

function environmentOf(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`
  } catch {
    return ''
  }
}
