import { setTimeout as pause } from 'node:timers/promises'
import type { ApiClient } from './api.ts'
import { ask } from './ask.ts'

/** Who answers at HAProxy for this host and path, so many times: targets say their names. A status where none does. */
export async function answersAt(port: number, host: string, path = '/', times = 6): Promise<Set<string>> {
  const names = new Set<string>()
  for (let i = 0; i < times; i++) {
    const { status, body } = await ask(port, host, { path })
    names.add(status === 200 ? body : String(status))
  }
  return names
}

/** Until exactly these answer. */
export async function untilAnswer(port: number, host: string, names: string[], path = '/'): Promise<void> {
  for (;;) {
    const found = await answersAt(port, host, path)
    if (found.size === names.length && names.every((name) => found.has(name))) return
    await pause(20)
  }
}

/** Until HAProxy has a backend for it: from then on its servers come and go without a reload. */
export async function untilSettled(admin: Pick<ApiClient, 'get'>, name: string): Promise<void> {
  for (;;) {
    const { backend } = (await admin.get(`/api/backends/${name}`)).body as { backend?: { status: string } }
    if (backend?.status === 'settled') return
    await pause(20)
  }
}
