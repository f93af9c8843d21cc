import fc from 'fast-check'
import { amountOf } from '../amount.ts'
import type { Check, Command, FeatureUnits } from '../command.ts'
import { allocated, catalogOf, controls, flag, item, metered, overage, plan, pool, rollover } from './catalogs.contract.ts'

/** Every kind of feature, and plans that bring each rule into play. */
export const modelCatalog = catalogOf(
  [
    metered('messages'),
    metered('gen'),
    metered('big'),
    allocated('seats'),
    flag('sso'),
    pool('credits', { gen: 1, big: 2.5 }),
    pool('coins', { big: 3, gen: 0.2 }),
  ],
  [
    plan('free', [item('messages', 10, 'month'), item('credits', 20, 'month')], { autoEnable: true }),
    plan('plus', [
      item('messages', 50, 'month', rollover(30, 1)),
      item('credits', 100, 'month', rollover(Number.POSITIVE_INFINITY, 2, 50)),
      item('seats', 3),
      item('sso', 'granted'),
    ]),
    plan('endless', [item('messages', 'unlimited'), item('coins', 7, 'week')]),
    plan('metered', [
      item('messages', 5, 'month', overage(10)),
      item('gen', 3, 'day', overage(Number.POSITIVE_INFINITY)),
      item('coins', 7, 'week'),
    ]),
    plan('limited', [item('messages', 40, 'month'), item('credits', 15, 'day')], {
      controls: controls({
        usageLimits: { messages: [12, 'day'], credits: [9, 'week'] },
        spendLimits: { gen: 4 },
        overageAllowed: { gen: true },
      }),
    }),
    plan('team', [item('seats', 2), item('gen', 4, 'day', { perEntity: 'seats' }), item('messages', 6, 'hour', { perEntity: 'seats' })]),
    plan('trial', [item('messages', 30, 'month'), item('gen', 9)], {
      price: { amount: 20, interval: { unit: 'month', count: 1 } },
      trial: { length: 7, unit: 'day', cardRequired: false },
    }),
    plan('topup', [item('messages', 5), item('credits', 3)], { addOn: true, group: 'extra' }),
    plan('desk', [item('gen', 6, 'month')], { group: 'desks' }),
  ],
)

/** A step of a random story: a command to one of a few customers, or time that passes. */
export type ModelStep =
  | { readonly kind: 'pass'; readonly ms: number }
  | {
      readonly kind: 'command'
      readonly customer: number
      readonly command: Exclude<Command, { kind: 'update_balance' | 'refund' | 'delete_customer' | 'move_clock' }>
    }

const minute = 60_000
const day = 86_400_000

const features = ['messages', 'gen', 'big', 'seats', 'credits', 'coins', 'sso', 'nothing'] as const
const counted = ['messages', 'gen', 'big', 'credits', 'coins', 'seats'] as const

const units = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 15 }) },
  { weight: 2, arbitrary: fc.integer({ min: -8, max: 60 }) },
  { weight: 2, arbitrary: fc.constantFrom(0.5, 0.1, 2.75, 0.3333333333, 1.2, -0.7, 0) },
)
const entityId = fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: fc.constantFrom('e1', 'e2', 'e3') })
const overageMode = fc.oneof(
  { weight: 3, arbitrary: fc.constant('reject' as const) },
  { weight: 1, arbitrary: fc.constantFrom('cap' as const, 'overflow' as const) },
)
const holdId = fc.constantFrom('h1', 'h2', 'h3', 'h4', 'h5')
const properties = fc.constant(null)

const feature: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...counted) },
  { weight: 1, arbitrary: fc.constantFrom(...features) },
)
const wish: fc.Arbitrary<FeatureUnits> = fc.record({ featureId: feature, units: units.map(amountOf) })
const wishes = fc.oneof(
  { weight: 4, arbitrary: wish.map((each) => [each]) },
  { weight: 1, arbitrary: fc.uniqueArray(wish, { minLength: 2, maxLength: 3, selector: (each) => each.featureId }) },
)

const call = { items: wishes, entityId, properties }
const check: fc.Arbitrary<Check> = fc.record({ kind: fc.constant('check'), ...call })

const command: fc.Arbitrary<Extract<ModelStep, { kind: 'command' }>['command']> = fc.oneof(
  { weight: 4, arbitrary: check },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('track' as const),
      ...call,
      overage: overageMode,
      eventName: fc.constant(null),
      timestamp: fc.constant(null),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      ...call,
      holdId,
      operation: fc.constant(null),
      overage: overageMode,
      expiresAt: fc.integer({ min: 1, max: 3 * 24 * 60 }).map((minutes) => ({ afterMs: Math.min(minutes * minute, day) })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('extend' as const),
      holdId,
      items: wish.map((each) => [each]),
      expiresAt: fc.option(fc.integer({ min: 1, max: 600 }).map((minutes) => ({ afterMs: minutes * minute }))),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      holdId,
      units: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: wish.map((each) => [each]) }),
      overage: fc.option(overageMode),
      properties,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release' as const), holdId }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('attach' as const),
      planId: fc.constantFrom('free', 'plus', 'endless', 'metered', 'limited', 'team', 'trial', 'topup', 'desk', 'nothing'),
      entityId,
      quantities: fc.constant([]),
      trial: fc.constantFrom('once' as const, 'none' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('cancel' as const),
      planId: fc.constantFrom('free', 'plus', 'team', 'trial', 'topup', 'desk'),
      entityId,
      when: fc.constantFrom('now' as const, 'period_end' as const, 'uncancel' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('create_balance' as const),
      featureId: feature,
      entityId,
      balanceId: fc.constantFrom('b1', 'b2', 'b3'),
      included: fc.integer({ min: 0, max: 20 }).map(amountOf),
      unlimited: fc.constant(false),
      interval: fc.option(fc.constantFrom({ unit: 'day' as const, count: 1 }, { unit: 'month' as const, count: 2 })),
      nextResetAt: fc.constant(null),
      expiresAt: fc.constant(null),
      rollover: fc.constant(null),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete_balance' as const),
      featureId: feature,
      entityId,
      balanceId: fc.constantFrom('b1', 'b2', 'b3'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('create_entity' as const),
      entityId: fc.constantFrom('e1', 'e2', 'e3'),
      name: fc.constant(null),
      featureId: fc.constantFrom('seats', 'seats', 'messages'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete_entity' as const), entityId: fc.constantFrom('e1', 'e2', 'e3') }) },
)

const passing = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 30 }).map((minutes) => minutes * minute) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 30 }).map((hours) => hours * 60 * minute) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 70 }).map((days) => days * day) },
)

export const CUSTOMERS = 3

/** Random stories of a few customers. */
export function stories(minLength: number, maxLength: number): fc.Arbitrary<readonly ModelStep[]> {
  const step: fc.Arbitrary<ModelStep> = fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: passing }) },
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('command' as const), customer: fc.integer({ min: 0, max: CUSTOMERS - 1 }), command }),
    },
  )
  return fc.array(step, { minLength, maxLength, size: 'max' })
}
