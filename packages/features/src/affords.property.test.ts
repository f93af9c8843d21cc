import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BalanceAccess, CustomerAccess } from './access.ts'
import { type Affordance, affords } from './affords.ts'
import { defineFeatures } from './defineFeatures.ts'
import { creditSystem, metered } from './feature.ts'

function balance(featureId: string, remaining: number, more: Partial<BalanceAccess> = {}): BalanceAccess {
  const type = featureId === 'images' ? 'metered' : 'credit_system'
  const nothing = { used: 0, held: 0, unlimited: false, overageLeft: 0, usageLimitLeft: 'unlimited', resetsAt: null } as const
  return { featureId, type, granted: remaining, remaining, ...nothing, ...more }
}

function access(...held: readonly BalanceAccess[]): CustomerAccess {
  return {
    customerId: 'ada',
    entityId: null,
    version: 1,
    at: 0,
    features: Object.fromEntries(held.map((each) => [each.featureId, each])),
    plans: [],
  }
}

/** A customer and a call. */
interface Scene {
  readonly balances: readonly Priced[]
  /** Of the feature itself. */
  readonly usageLimit: number | 'unlimited'
  readonly units: number
  readonly ask: (units: number, ...topUps: readonly BalanceAccess[]) => Affordance
}

interface Priced extends BalanceAccess {
  /** The cost of a unit, in quarters of a credit: 4 for the feature's own balance. */
  readonly quarters: number
}

/** A unit in the model: a credit at any cost below is a whole number of these parts, though 4/3 and 4/7 of a unit are no decimals. */
const PARTS = 3_360
const costs = fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 40)
const amounts = fc.integer({ min: 0, max: 40 })
const sometimesUnlimited = fc.oneof({ weight: 4, arbitrary: amounts }, fc.constant('unlimited' as const))
const holdings = fc.record({
  remaining: amounts,
  overageLeft: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, sometimesUnlimited),
  unlimited: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
})
const scenes = fc
  .record({
    own: fc.option(holdings),
    usageLimitLeft: sometimesUnlimited,
    pools: fc.array(fc.record({ quarters: costs, held: fc.option(holdings) }), { maxLength: 4 }),
    units: amounts,
  })
  .map(({ own, usageLimitLeft, pools, units }): Scene => {
    const named = pools.map((pool, index) => ({ ...pool, id: `pool${index}` }))
    const systems = Object.fromEntries(named.map(({ id, quarters }) => [id, creditSystem({ images: quarters / 4 })]))
    const features = defineFeatures({ images: metered(), ...systems })
    const balances = [
      ...(own ? [{ quarters: 4, ...balance('images', own.remaining, { ...own, usageLimitLeft }) }] : []),
      ...named.flatMap(({ id, quarters, held }) => (held ? [{ quarters, ...balance(id, held.remaining, held) }] : [])),
    ]
    const ask: Scene['ask'] = (wanted, ...topUps) => affords(features, access(...balances, ...topUps), 'images', wanted)
    return { balances, usageLimit: own ? usageLimitLeft : 'unlimited', units, ask }
  })

/** The most parts that may be used; infinite where there is no end. */
function roomOf({ balances, usageLimit }: Scene): number {
  const rooms = balances.map(({ unlimited, remaining, overageLeft, quarters }) => {
    const credits = unlimited || overageLeft === 'unlimited' ? Number.POSITIVE_INFINITY : remaining + overageLeft
    return (credits * 4 * PARTS) / quarters
  })
  const total = rooms.reduce((sum, room) => sum + room, 0)
  return usageLimit === 'unlimited' ? total : Math.min(total, usageLimit * PARTS)
}

function always(hold: (scene: Scene) => unknown): void {
  const property = fc.property(scenes, (scene) => {
    hold(scene)
  })
  fc.assert(property, { numRuns: 2_000 })
}

describe('for any balances, costs and units', () => {
  it('allows exactly what the balances cover together', () => {
    always((scene) => {
      const covered = scene.balances.length > 0 && scene.units * PARTS <= roomOf(scene)
      expect(scene.ask(scene.units).allowed).toBe(covered)
    })
  })

  it('says how many units are left, to the last part', () => {
    always((scene) => {
      const { unitsLeft } = scene.ask(0)
      const room = roomOf(scene) / PARTS
      if (unitsLeft === 'unlimited') return expect(room).toBe(Number.POSITIVE_INFINITY)
      expect(unitsLeft).toBeLessThanOrEqual(room)
      expect(room - unitsLeft).toBeLessThan(1e-9)
      expect(scene.ask(unitsLeft).allowed).toBe(scene.balances.length > 0)
      expect(scene.ask(unitsLeft + 1e-6).allowed).toBe(false)
    })
  })

  it('lets nobody pay more than it may, nor anybody be overdrawn while another has something left', () => {
    always((scene) => {
      const answer = scene.ask(scene.units)
      if (!answer.allowed) return
      const payers = scene.balances.map((each) => {
        const payer = answer.payers.find(({ poolId }) => poolId === each.featureId)
        return { ...each, units: payer?.units ?? 0, amount: payer?.amount ?? 0 }
      })
      expect(payers.reduce((sum, { units }) => sum + units, 0)).toBeCloseTo(scene.units, 8)
      for (const { units, amount, quarters, unlimited, remaining, overageLeft } of payers) {
        expect(amount).toBeCloseTo((units * quarters) / 4, 8)
        if (!unlimited && overageLeft !== 'unlimited') expect(amount).toBeLessThanOrEqual(remaining + overageLeft)
      }
      const [first] = payers.filter(({ unlimited }) => unlimited)
      if (first) return expect(answer.payers.map(({ poolId }) => poolId)).toEqual(scene.units === 0 ? [] : [first.featureId])
      const overdrawn = payers.some(({ amount, remaining }) => amount > remaining)
      if (overdrawn) for (const { amount, remaining } of payers) expect(amount).toBeGreaterThanOrEqual(remaining)
      // Without overdraft, whoever pays after somebody does so because that one is empty.
      const paying = payers.filter(({ amount }) => amount > 0)
      if (!overdrawn) for (const { amount, remaining } of paying.slice(0, -1)) expect(amount).toBe(remaining)
    })
  })

  it('names what would help: with that much more on that balance the units are there', () => {
    always((scene) => {
      const answer = scene.ask(scene.units)
      if (answer.allowed || answer.reason !== 'limit_reached') return
      const short = scene.balances.find(({ featureId }) => featureId === answer.poolId)
      if (short === undefined || short.overageLeft === 'unlimited') throw new Error('a balance without an end was short')
      expect(answer.remaining).toBe(short.remaining)
      const missing = answer.required - answer.remaining - short.overageLeft
      expect(missing).toBeGreaterThan(0)
      const toppedUp = (more: number) => scene.ask(scene.units, { ...short, remaining: short.remaining + more })
      expect(toppedUp(missing).allowed).toBe(true)
      expect(toppedUp(missing - 1e-6).allowed).toBe(false)
    })
  })
})
