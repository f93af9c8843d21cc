import type { BalanceAccess, BooleanAccess, CustomerAccess, PlanAccess } from '@tollgate/features'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { accessText } from './accessText.ts'

const id = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom('image_gen', 'a"b\\c', 'ü \u2028', '\u007f'))
const units = fc.oneof(fc.integer({ min: 0 }), fc.double({ min: 0, max: 1e15, noNaN: true }), fc.constantFrom(0.1, 1e-10))
const left = fc.oneof(units, fc.constant('unlimited' as const))
const instant = fc.option(fc.integer({ min: 0, max: 4_102_444_800_000 }))
/** Every field that there is: one that is added must be written, too. */
const balance: fc.Arbitrary<Required<BalanceAccess>> = fc.record({
  featureId: id,
  type: fc.constantFrom('metered', 'credit_system'),
  granted: units,
  used: units,
  held: units,
  remaining: units,
  unlimited: fc.boolean(),
  overageLeft: left,
  usageLimitLeft: left,
  resetsAt: instant,
})
const flag: fc.Arbitrary<Required<BooleanAccess>> = fc.record({ featureId: id, type: fc.constant('boolean'), granted: fc.boolean() })
const plan: fc.Arbitrary<Required<PlanAccess>> = fc.record({
  planId: id,
  status: fc.constantFrom('active', 'trialing', 'past_due', 'scheduled'),
  startsAt: fc.nat(),
  trialEndsAt: instant,
  endsAt: instant,
})
const access: fc.Arbitrary<Required<CustomerAccess>> = fc.record({
  customerId: id,
  entityId: fc.option(id),
  version: fc.nat(),
  at: fc.nat(),
  features: fc
    .array(fc.oneof(balance, flag), { maxLength: 4 })
    .map((all) => Object.fromEntries(all.map((feature) => [feature.featureId, feature]))),
  plans: fc.array(plan, { maxLength: 3 }),
})

it('says the same as JSON, in characters that a header may carry', () => {
  fc.assert(
    fc.property(access, (value) => {
      const text = accessText(value)
      expect(text).toMatch(/^[ -~]*$/)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
