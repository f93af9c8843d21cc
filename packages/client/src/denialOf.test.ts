import { TRPCClientError } from '@trpc/client'
import { describe, expect, it } from 'vitest'
import { denialOf } from './denialOf.ts'
import { mayRetry } from './mayRetry.ts'

const denial = (reason: string) => ({ reason, featureId: 'messages', poolId: 'messages', required: 2, remaining: 1 })

/** An error as a server of tRPC answers it. */
function answered(data: object) {
  return TRPCClientError.from({ error: { code: -32_003, message: 'no', data } })
}

describe('denialOf', () => {
  it('finds the denial in the data of an error', () => {
    expect(denialOf(answered({ code: 'FORBIDDEN', denial: denial('limit_reached') }))).toEqual(denial('limit_reached'))
  })

  it.each([
    ['no error', null],
    ['an error of the network', new TypeError('fetch failed')],
    ['an error that denies nothing', answered({ code: 'FORBIDDEN', denial: null })],
    ['an error without data', new TRPCClientError('no')],
    ['what is no error at all', 'no'],
  ])('finds none in %s', (_case, error) => {
    expect(denialOf(error)).toBeNull()
  })
})

describe('mayRetry', () => {
  it.each(['feature_not_in_plan', 'limit_reached', 'usage_limit_reached', 'spend_limit_reached', 'operation_conflict', 'answer_too_large'])(
    'never tries again after %s',
    (reason) => {
      expect(mayRetry(0, answered({ httpStatus: 403, denial: denial(reason) }))).toBe(false)
    },
  )

  it.each([
    ['an outage', answered({ httpStatus: 503, denial: denial('outage') })],
    ['an operation that is still running', answered({ httpStatus: 409, denial: denial('operation_in_progress') })],
    ['a lost connection', TRPCClientError.from(new TypeError('fetch failed'))],
    ['a fault of the server', answered({ httpStatus: 500, denial: null })],
    ['too many requests', answered({ httpStatus: 429, denial: null })],
  ])('tries again after %s, three times', (_case, error) => {
    expect([0, 1, 2, 3].map((failures) => mayRetry(failures, error))).toEqual([true, true, true, false])
  })

  it.each([400, 401, 403, 404, 422])('does not try again after a %i', (httpStatus) => {
    expect(mayRetry(0, answered({ httpStatus, denial: null }))).toBe(false)
  })
})
