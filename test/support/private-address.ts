import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { onTestFinished } from 'vitest'

/**
 * A private address of this machine's own loopback device: with a remote data plane, targets on 127.0.0.1 are refused.
 * Only root may have one; `null` for others.
 */
export function privateAddress(): string | null {
  const address = `10.213.${randomInt(1, 255)}.${randomInt(1, 255)}`
  const change = (how: 'add' | 'del') => spawnSync('ip', ['addr', how, `${address}/32`, 'dev', 'lo']).status === 0
  if (!change('add')) return null
  onTestFinished(() => void change('del'))
  return address
}
