import { expect, it } from 'vitest'
import { assertHas } from '../../functions/lacks.ts'
import { STATUS } from '../../shared/errors.ts'

it('refuses what the platform cannot do with 501 and its reason, and nothing else', () => {
  const lacks = { logs: 'A worker cannot follow HAProxy’s log' }
  expect(() => assertHas(lacks, 'logs')).toThrow(
    expect.objectContaining({ code: 'NOT_SUPPORTED', message: lacks.logs }),
  )
  expect(STATUS.NOT_SUPPORTED).toBe(501)
  expect(() => assertHas({}, 'logs')).not.toThrow()
})
