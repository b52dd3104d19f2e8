import { AppError } from '../../shared/errors.ts'
import type { Resolve } from '../../shared/targets/resolve.ts'

export interface Names {
  /** Who stands for what; nobody knows the others. Change it as you like. */
  addresses: Record<string, string[]>
  ttlSeconds: number
  /** How often each was asked for. */
  asked: string[]
  isDown: boolean
  resolve: Resolve
}

export function fakeNames(addresses: Record<string, string[]>): Names {
  const names: Names = {
    addresses,
    ttlSeconds: 60,
    asked: [],
    isDown: false,
    async resolve(name) {
      names.asked.push(name)
      if (names.isDown) throw new AppError('RESOLVER_UNAVAILABLE', `The name ${name} could not be resolved`)
      const found = names.addresses[name]
      if (!found) throw new AppError('TARGET_REFUSED', `The name ${name} has no address`)
      return { addresses: found, ttlSeconds: names.ttlSeconds }
    },
  }
  return names
}
