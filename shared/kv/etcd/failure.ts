import { AppError } from '../../errors.ts'

/** The gRPC codes that occur in decisions; https://grpc.io/docs/guides/status-codes/ */
export const GRPC = { NOT_FOUND: 5, OUT_OF_RANGE: 11, UNAUTHENTICATED: 16 } as const

/**
 * INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, FAILED_PRECONDITION, OUT_OF_RANGE,
 * UNIMPLEMENTED, DATA_LOSS, UNAUTHENTICATED: every member would say it again. The others pass.
 */
const FINAL_CODES = new Set<number>([3, GRPC.NOT_FOUND, 6, 7, 9, GRPC.OUT_OF_RANGE, 12, 15, GRPC.UNAUTHENTICATED])

/** etcd's answer is no, and asking again would not change it. Nothing was written. */
export class Refusal extends AppError {
  readonly grpcCode: number | undefined

  constructor(reason: string, grpcCode?: number) {
    super('STORE_UNAVAILABLE', `The store refused a request: ${reason}`)
    this.grpcCode = grpcCode
  }
}

/** As the gateway writes them: the code's name differs between a stream and a single answer, and between versions. */
export interface WireError {
  code?: number
  grpc_code?: number
  message?: string
  error?: string
}

/** A refusal, or an error that another attempt may get past. */
export function toFailure({ code, grpc_code = code, error, message = error }: WireError): Error {
  const reason = message ?? `gRPC code ${grpc_code}`
  // A full disk quota has the code of "too many requests", but waiting does not help against it.
  const final = FINAL_CODES.has(grpc_code ?? 0) || reason.includes('database space exceeded')
  return final ? new Refusal(reason, grpc_code) : new Error(reason)
}

export async function httpFailure(response: Response): Promise<Error> {
  const text = await response.text()
  try {
    return toFailure(JSON.parse(text))
  } catch {
    // No gateway answered: a wrong port, a proxy, or an etcd that was told to have no gateway.
    const reason = `HTTP ${response.status} without an answer from etcd`
    return response.status === 404 ? new Refusal(reason) : new Error(reason)
  }
}

export const unavailable = (message: string, cause?: unknown) => new AppError('STORE_UNAVAILABLE', message, { cause })
