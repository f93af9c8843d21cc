import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Operation } from '../../core/command.ts'
import { operationOf, recordOf } from './operations.ts'

it('writes a record as JSON.stringify does', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\n', '\0', '\ud800', '\u2028'))
  const operation: fc.Arbitrary<Operation> = fc.record({
    id: text,
    customerId: text,
    fingerprint: text,
    result: fc.option(text),
    at: fc.integer(),
    expiresAt: fc.oneof(fc.maxSafeInteger(), fc.constant(Number.POSITIVE_INFINITY), fc.double({ noNaN: true })),
    status: fc.constantFrom('running', 'done', 'released'),
    holdId: fc.option(text),
    seq: fc.option(fc.nat()),
  })
  fc.assert(
    fc.property(operation, (given) => {
      const usual = JSON.parse(JSON.stringify(given))
      expect(operationOf([recordOf(given)])).toEqual(usual)
    }),
  )
})
