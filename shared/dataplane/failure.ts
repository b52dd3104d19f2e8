import { DataPlaneError, type DataPlaneFault } from './data-plane-error.ts'
import { readableReason } from './reason.ts'

/** An answer that says no. */
export interface Refusal {
  status: number
  text: string
}

const FAULTS: Partial<Record<number, DataPlaneFault>> = {
  400: 'refused',
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'missing',
  405: 'unsupported',
  406: 'conflict',
  409: 'conflict',
  415: 'refused',
  422: 'refused',
  429: 'conflict',
  500: 'refused',
  501: 'unsupported',
}

/** The one place where an answer of the API becomes an error of ours. */
export function toFailure({ status, text }: Refusal): DataPlaneError {
  const message = messageOf(text)
  const fault = FAULTS[status]
  if (message === null || fault === undefined) {
    return new DataPlaneError('unreachable', `An answer that is none of a Data Plane API, status ${status}`, { status })
  }
  const reloadFailed = message.startsWith('Reload failed')
  if (withoutHaproxy({ status, text })) return new DataPlaneError('unreachable', NO_HAPROXY, { status, reloadFailed })
  const reason = readableReason(message) || `Refused with status ${status}`
  return new DataPlaneError(preciseFault(fault, status, message), reason, {
    status,
    reloadFailed,
  })
}

export const NO_HAPROXY = 'HAProxy does not answer the Data Plane API'

/** The API is there and HAProxy is not. With many calls that is a 404, as if only the object were missing. */
export function withoutHaproxy({ status, text }: Refusal): boolean {
  return status >= 400 && /dial unix|no valid runtime found|cannot connect to runtime/.test(text)
}

/** The transaction that a refused write by version leaves behind. */
export function abandonedTransaction({ text }: Refusal): string | null {
  return /transactionId=([0-9a-f-]{36})/.exec(text)?.[1] ?? null
}

function preciseFault(fault: DataPlaneFault, status: number, message: string): DataPlaneFault {
  if (status === 404 && /^path .* was not found$|no matching operation/.test(message)) return 'unsupported'
  if (/transaction (\S+ )?does not exist|version mismatch/.test(message)) return 'conflict'
  if (status === 409 || /already exist/.test(message)) return 'refused'
  if (/Unknown map identifier|No such table/.test(message)) return 'missing'
  return fault
}

function messageOf(text: string): string | null {
  try {
    const { message, error } = JSON.parse(text) as { message?: unknown; error?: unknown }
    return [message, error].find((said) => typeof said === 'string') ?? null
  } catch {
    return null
  }
}
