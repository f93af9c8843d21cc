import { boolean, creditSystem, defineFeatures, definePlans, granted, included, metered, unlimited } from '@tollgate/features'
import type { InspectedProcedure } from '@tollgate/server'
import { describe, expect, it } from 'vitest'
import { diagnose } from './diagnose.ts'

const features = defineFeatures({
  messages: metered(),
  images: metered(),
  seats: metered({ consumable: false }),
  sso: boolean(),
  credits: creditSystem({ images: 10 }),
})
const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(5), credits: included(5), seats: included(1), sso: granted() } },
})

const procedure = (more: Partial<InspectedProcedure>): InspectedProcedure => ({
  path: 'call',
  type: 'mutation',
  costs: [],
  inFlight: [],
  gates: [],
  free: false,
  ...more,
})
const costs = (...ids: readonly string[]): InspectedProcedure['costs'] => ids.map((featureId) => ({ featureId, units: 1 }))

/** Uses every feature, so that a case finds only its own slip. */
const all = procedure({ path: 'all', costs: costs('messages', 'images', 'seats'), gates: ['sso'] })

function found(...procedures: readonly InspectedProcedure[]): readonly string[] {
  return diagnose({ procedures: [all, ...procedures], features, plans }).map(({ rule, name }) => `${rule} ${name}`)
}

describe('a procedure', () => {
  it.each<[string, Partial<InspectedProcedure>, readonly string[]]>([
    ['that is neither metered nor gated is found', {}, ['unmetered-procedure call']],
    ['that is marked free is not', { free: true }, []],
    ['that is gated is not', { gates: ['sso'] }, []],
    ['that only counts its calls in flight is not', { inFlight: ['seats'] }, []],
    ['that is a gated query is not', { type: 'query', gates: ['sso'] }, []],
    ['that is a metered query is charged again', { type: 'query', costs: costs('messages') }, ['metered-query call']],
    ['that is a metered subscription is not', { type: 'subscription', costs: costs('messages') }, []],
    [
      'that takes no units is found, and is not charged again',
      { type: 'query', costs: [{ featureId: 'messages', units: 0 }] },
      ['zero-cost call'],
    ],
    ['whose units come from its input is not', { costs: [{ featureId: 'messages', units: 'input' }] }, []],
    ['that is paid from a pool of a plan is not', { costs: costs('images') }, []],
    [
      'that uses what the registry has not is found, and nothing more is said of it',
      { costs: costs('nope'), gates: ['no'], inFlight: ['none'] },
      ['unknown-feature call', 'unknown-feature call', 'unknown-feature call'],
    ],
  ])('%s', (_case, more, expected) => {
    expect(found(procedure(more))).toEqual(expected)
  })

  it.each([
    [
      'no plan includes its feature, nor a pool that pays for it',
      { messages: unlimited(), seats: included(1), sso: granted() },
      'missing-cost',
    ],
    ['no plan grants its gate', { messages: unlimited(), images: unlimited(), seats: included(1) }, 'missing-grant'],
  ])('is refused on every plan when %s', (_case, items, rule) => {
    const some = definePlans(features, { free: { name: 'Free', autoEnable: true, items } })
    expect(diagnose({ procedures: [all], features, plans: some })).toMatchObject([{ rule, severity: 'error', name: 'all' }])
  })
})

describe('a feature', () => {
  const unused = (registry: Parameters<typeof diagnose>[0]['features'], ...procedures: readonly InspectedProcedure[]) =>
    diagnose({ procedures, features: registry, plans: null }).map(({ name }) => name)

  it('that no procedure uses is found; a pool when none of what it pays for is used', () => {
    expect(unused(features, procedure({ costs: costs('messages') }))).toEqual(['credits', 'images', 'seats', 'sso'])
    expect(unused(features, procedure({ costs: costs('images') }))).toEqual(['messages', 'seats', 'sso'])
    expect(unused(features, procedure({ inFlight: ['seats'], gates: ['sso'], costs: costs('messages', 'images') }))).toEqual([])
  })

  it('is used where events are counted by it, or units are granted for each of it', () => {
    const counted = defineFeatures({ views: metered({ eventNames: ['view'] }), seats: metered({ consumable: false }), messages: metered() })
    const perSeat = definePlans(counted, { free: { name: 'Free', autoEnable: true, items: { messages: included(5).perEntity('seats') } } })
    const procedures = [procedure({ costs: costs('messages') })]
    expect(diagnose({ procedures, features: counted, plans: perSeat })).toEqual([])
    expect(unused(counted, ...procedures)).toEqual(['seats'])
  })
})

describe('a plan', () => {
  const price = { amount: 1, interval: 'month' } as const

  it('is reached when it is given or sold, in whatever way, and found when it is neither', () => {
    const items = { messages: included(5), images: included(5), seats: included(1), sso: granted() }
    const offered = definePlans(features, {
      given: { name: 'Given', autoEnable: true, items },
      sold: { name: 'Sold', price, items },
      packed: { name: 'Packed', items: { messages: included(0).prepaid({ price: 1 }) } },
      billed: { name: 'Billed', items: { messages: included(0).per('month').overage({ price: 1 }) } },
      lenient: { name: 'Lenient', items: { messages: included(0).overage() } },
      bespoke: { name: 'Bespoke', addOn: true, items },
    })
    expect(diagnose({ procedures: [all], features, plans: offered }).map(({ rule, name }) => `${rule} ${name}`)).toEqual([
      'unreachable-plan bespoke',
      'unreachable-plan lenient',
    ])
  })

  it('is not asked for when none is known: nothing is said that depends on plans', () => {
    expect(diagnose({ procedures: [all], features, plans: null })).toEqual([])
  })
})
