import fc from 'fast-check'
import { amountOf } from '../amount.ts'
import type { Check, Command, FeatureUnits } from '../command.ts'
import type { Controls } from '../controls.ts'
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
    plan('free', [item('messages', 10, 'month', rollover(15, 2)), item('gen', 3, 'day'), item('credits', 20, 'month'), item('seats', 2)], {
      autoEnable: true,
    }),
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
    plan('packs', [item('gen', 2, 'month', { prepaid: { billingUnits: amountOf(5) } }), item('seats', 1, null, overage(2))]),
    plan('desk', [item('gen', 6, 'month')], { group: 'desks' }),
  ],
)

/** A step of a random story: a command to one of a few customers, or time that passes. */
export type ModelStep =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'command'; readonly customer: number; readonly command: ModelCommand }

/**
 * A command of a story, whose instants count from the moment at which it is given: see `commandAt`. A refund gives back what the customer
 * tracked last.
 */
export type ModelCommand = Exclude<Command, { kind: 'delete_customer' }>

/** The command as it is given at an instant of the customer's time. */
export function commandAt(command: ModelCommand, now: number): ModelCommand {
  switch (command.kind) {
    case 'create_balance':
      return { ...command, nextResetAt: later(command.nextResetAt, now), expiresAt: later(command.expiresAt, now) }
    case 'update_balance': {
      const { nextResetAt, expiresAt, ...rest } = command
      return {
        ...rest,
        ...(nextResetAt === undefined ? {} : { nextResetAt: now + nextResetAt }),
        ...(expiresAt === undefined ? {} : { expiresAt: later(expiresAt, now) }),
      }
    }
    default:
      return command
  }
}

function later(afterMs: number | null, now: number): number | null {
  return afterMs === null ? null : now + afterMs
}

const minute = 60_000
const day = 86_400_000

interface LimitOfGen {
  readonly interval: 'day' | 'month'
  readonly anchor: 'utc' | 'billing_cycle'
  readonly limit: number
  readonly filter?: Readonly<Record<string, unknown>>
}

/** Several limits on one feature at once. */
function perUse(...given: readonly LimitOfGen[]): Controls {
  const usageLimits = given.map(({ interval, anchor, limit, filter = null }) => {
    return { featureId: 'gen', enabled: true, limit: amountOf(limit), interval, anchor, filter }
  })
  return { ...controls({}), usageLimits }
}

const features = ['messages', 'gen', 'big', 'seats', 'credits', 'coins', 'sso', 'nothing'] as const
const usual = ['messages', 'gen', 'credits'] as const
const counted = ['messages', 'gen', 'big', 'credits', 'coins', 'seats'] as const

const units = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 2, arbitrary: fc.integer({ min: 5, max: 15 }) },
  { weight: 2, arbitrary: fc.integer({ min: -8, max: 60 }) },
  { weight: 2, arbitrary: fc.constantFrom(0.5, 0.1, 2.75, 0.3333333333, 1.2, -0.7, 0) },
)
const entityName = fc.constantFrom('e1', 'e2')
const entityId = fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: entityName })
const overageMode = fc.oneof(
  { weight: 3, arbitrary: fc.constant('reject' as const) },
  { weight: 1, arbitrary: fc.constantFrom('cap' as const, 'overflow' as const) },
)
const holdId = fc.constantFrom('h1', 'h2', 'h3')
const properties = fc.constantFrom(null, null, { model: 'large' }, { model: 'small' })
const after = fc.oneof(
  fc.integer({ min: 1, max: 48 }).map((hours) => hours * 60 * minute),
  fc.integer({ min: 1, max: 60 }).map((days) => days * day),
)
const balanceId = fc.constantFrom('b1', 'b2')

/** Limits as a customer or an entity may have them: none, and some of each kind. */
const limits = fc.constantFrom(
  controls({}),
  controls({ usageLimits: { messages: [20, 'month'], credits: [6, 'day'] } }),
  controls({ usageLimits: { gen: [5, 'week'] }, overageAllowed: { messages: true, credits: false } }),
  controls({ spendLimits: { messages: 6, credits: 2.5 }, overageAllowed: { credits: true } }),
  perUse(
    { interval: 'day', anchor: 'utc', limit: 4, filter: { model: 'large' } },
    { interval: 'month', anchor: 'billing_cycle', limit: 9 },
  ),
)

const feature: fc.Arbitrary<string> = fc.oneof(
  { weight: 14, arbitrary: fc.constantFrom(...usual) },
  { weight: 5, arbitrary: fc.constantFrom(...counted) },
  { weight: 1, arbitrary: fc.constantFrom(...features) },
)
const usualFeature = fc.constantFrom(...usual)
const wish: fc.Arbitrary<FeatureUnits> = fc.record({ featureId: feature, units: units.map(amountOf) })
const wishes = fc.oneof(
  { weight: 4, arbitrary: wish.map((each) => [each]) },
  { weight: 1, arbitrary: fc.uniqueArray(wish, { minLength: 2, maxLength: 3, selector: (each) => each.featureId }) },
)

const call = { items: wishes, entityId, properties }
const check: fc.Arbitrary<Check> = fc.record({ kind: fc.constant('check'), ...call })

const amounts = fc.integer({ min: 0, max: 40 }).map((quarters) => amountOf(quarters / 4))
const correction = fc.oneof(
  fc.record({ remaining: amounts }),
  fc.record({ used: amounts }),
  fc.record({ add: fc.integer({ min: -12, max: 12 }).map(amountOf) }),
  fc.record({ included: amounts }),
  fc.record({ nextResetAt: after }),
  fc.record({ expiresAt: fc.option(after) }),
)

const command: fc.Arbitrary<ModelCommand> = fc.oneof(
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
    weight: 8,
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
      planId: fc.constantFrom('free', 'plus', 'endless', 'metered', 'limited', 'team', 'trial', 'topup', 'packs', 'desk', 'nothing'),
      entityId,
      quantities: fc.oneof(
        fc.constant([]),
        fc.nat(20).map((count) => [{ featureId: 'gen', units: amountOf(count) }]),
      ),
      trial: fc.constantFrom('once' as const, 'once' as const, 'none' as const, { length: 1, unit: 'month' as const }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('cancel' as const),
      planId: fc.constantFrom('free', 'plus', 'trial', 'topup'),
      entityId,
      when: fc.constantFrom('now' as const, 'period_end' as const, 'uncancel' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('create_balance' as const),
      featureId: usualFeature,
      entityId,
      balanceId,
      included: fc.integer({ min: 0, max: 20 }).map(amountOf),
      unlimited: fc.constantFrom(false, false, false, true),
      interval: fc.option(fc.constantFrom({ unit: 'day' as const, count: 1 }, { unit: 'month' as const, count: 2 })),
      nextResetAt: fc.option(after),
      expiresAt: fc.option(after),
      rollover: fc.option(fc.constantFrom({ max: amountOf(8), maxPercentage: 75, expiresAfterMonths: 1 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.record({
          kind: fc.constant('update_balance' as const),
          featureId: usualFeature,
          entityId,
          balanceId: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: balanceId }),
          interval: fc.constantFrom(null, null, null, 'month' as const, 'one_off' as const),
        }),
        correction,
      )
      .map(([named, change]) => ({ ...named, ...change })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'refund' as const, ofOperationId: 'the last', uses: [] }) },
  { weight: 1, arbitrary: limits.map((set) => ({ kind: 'update_customer' as const, fields: { controls: set } })) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('update_entity' as const), entityId: entityName, controls: limits }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('move_clock' as const), offsetMs: fc.constantFrom(0, 60 * minute, day, 32 * day, 400 * day) }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.constant({ kind: 'touch' as const }),
      fc.record({ kind: fc.constant('delete_entity' as const), entityId: entityName }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete_balance' as const),
      featureId: usualFeature,
      entityId,
      balanceId,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('create_entity' as const),
      entityId: entityName,
      name: fc.constant(null),
      featureId: fc.constantFrom('seats', 'seats', 'messages'),
    }),
  },
)

const passing = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 30 }).map((minutes) => minutes * minute) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 30 }).map((hours) => hours * 60 * minute) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }).map((days) => days * day) },
)

export const CUSTOMERS = 2

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
