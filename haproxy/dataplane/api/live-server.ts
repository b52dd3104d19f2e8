import type { Server } from '../../../shared/dataplane/models.ts'
import type { Runtime } from '../process/runtime.ts'
import { checkSocketName, checkSocketWord } from './socket-words.ts'

type Live = Pick<Server, 'weight' | 'address' | 'port' | 'maintenance'>
const LIVE: readonly (keyof Live)[] = ['weight', 'address', 'port', 'maintenance']

/**
 * How a server's change is brought to the workers without a reload; it says whether they took it. Null when the change
 * is of a kind that needs one.
 */
export function applyLive(
  runtime: Runtime,
  backend: string,
  before: Server,
  after: Server,
): (() => Promise<boolean>) | null {
  const changed = changedFields(before, after)
  if (changed.some((field) => !(LIVE as readonly string[]).includes(field))) return null
  const commands = changed.flatMap((field) => command(field as keyof Live, after) ?? [])
  const unique = [...new Set(commands)]
  const name = `${checkSocketName('backend', backend)}/${checkSocketName('name', after.name)}`
  return async () => {
    for (const each of unique) {
      const answer = await runtime.commandEverywhere(`set server ${name} ${each}`)
      // Only of an address does HAProxy say something when it goes well.
      if (answer !== '' && !/changed from|no need to change/.test(answer)) return false
    }
    return true
  }
}

function changedFields(before: Server, after: Server): string[] {
  const [a, b]: Record<string, unknown>[] = [{ ...before }, { ...after }]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((field) => a?.[field] !== b?.[field])
}

function command(field: keyof Live, { weight, address, port, maintenance }: Server): string {
  if (field === 'weight') return `weight ${weight ?? 1}`
  if (field === 'maintenance') return `state ${maintenance === 'enabled' ? 'maint' : 'ready'}`
  return `addr ${checkSocketWord('address', address)} port ${port}`
}
