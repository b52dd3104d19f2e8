import type { BackendRecord } from '../../shared/backends/backend-record.ts'
import { Backend, type BackendInput } from '../../shared/domain/backend.ts'
import { target } from './routes.ts'

/** A backend with one server, as the store has it. */
export function backendRecord(
  provider: string,
  settings: Omit<BackendInput, 'servers'>,
  generation = 1,
): BackendRecord {
  const servers = [{ name: 'srv1', address: '192.0.2.7', port: 8_080 }]
  const at = '2030-01-01T00:00:00.000Z'
  const told = {
    check: { kind: 'tcp' as const },
    generation,
    revision: generation,
    createdAt: at,
    updatedAt: at,
    changedBy: 'front',
  }
  return {
    provider,
    backend: Backend.parse({ servers, ...settings }),
    targets: [target(8_080, { name: 'srv1' })],
    ...told,
  }
}
