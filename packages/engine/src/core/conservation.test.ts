import { describe, expect, it } from 'vitest'
import { amountOf } from './amount.ts'
import { assertConserved, ConservationError, faultOf } from './conservation.ts'
import type { CustomerState } from './customer.ts'
import type { Change } from './entry.ts'
import { evolve } from './evolve.ts'
import type { Grant } from './grant.ts'
import { catalogOf, item, metered, plan, rollover } from './testing/catalogs.contract.ts'
import { TestCustomer } from './testing/testCustomer.contract.ts'

const EVER = Number.POSITIVE_INFINITY

/** Ten carried over, ten of this month; twelve of them held, one given back by a running call. */
function busy(): TestCustomer {
  const c = new TestCustomer(catalogOf([metered('messages')], [plan('p', [item('messages', 10, 'month', rollover(EVER, EVER))])]))
  c.attach('p')
  c.at('2026-02-15T10:00:00.000Z').reserve('h', { messages: 12 })
  c.track({ messages: 3 })
  c.reserve('back', { messages: -1 })
  return c
}

function tamper(state: CustomerState, change: (grant: Grant) => Partial<Grant>): CustomerState {
  return { ...state, grants: state.grants.map((grant) => ({ ...grant, ...change(grant) })) }
}

describe('a customer', () => {
  it('whose counters agree has no fault', () => {
    expect(faultOf(busy().state)).toBeNull()
  })

  it.each<[string, (grant: Grant) => Partial<Grant>, RegExp]>([
    ['holds more than its open holds', (grant) => ({ held: grant.held + 1n }), /holds 10000000001, but the open holds on it come to/],
    ['lost what open holds have', () => ({ held: 0n }), /holds 0, but the open holds on it come to/],
    ['was reset without its holds', (grant) => ({ cycle: grant.cycle + 1 }), /but the open holds on it come to 0/],
    ['was not used as much as is being given back', () => ({ used: amountOf(0.5) }), /counts 5000000000 as used, but 10000000000 of that/],
    [
      'holds other carried-over units than its open holds',
      ({ rollovers }) => ({ rollovers: rollovers.map((each) => ({ ...each, held: 0n })) }),
      /carried over 'roll_.*', which holds 0 while the open holds on it come to 100000000000/,
    ],
    [
      'used more carried-over units than there were',
      ({ rollovers }) => ({ rollovers: rollovers.map((each) => ({ ...each, used: 1n })) }),
      /of which more is gone than the 100000000000 it had/,
    ],
  ])('with a grant that %s has one', (_, change, message) => {
    expect(faultOf(tamper(busy().state, change))).toMatch(message)
  })
})

describe('a command', () => {
  const used = (c: TestCustomer, units: number): readonly Change[] => {
    const answer = c.track({ messages: units })
    return answer.ok ? answer.uses.map((use) => ({ kind: 'used', use })) : []
  }

  it.each<[string, (grant: Grant) => Partial<Grant>, RegExp]>([
    ['uses more than its payments say', (grant) => ({ used: grant.used + 1n }), /counts another use than its payments say/],
    ['uses nothing, though it was paid for', (grant) => ({ used: grant.used - amountOf(2) }), /counts another use/],
    ['holds what nobody asked for', (grant) => ({ held: grant.held + 1n }), /holds something else/],
    ['raises what is granted', (grant) => ({ granted: grant.granted + 1n }), /grants something else after a call/],
  ])('that %s is stopped, by name', (_, change, message) => {
    const c = busy()
    const before = c.state
    const changes = used(c, 2)
    expect(() => assertConserved(before, c.state, changes)).not.toThrow()
    const wrong = tamper(c.state, change)
    expect(() => assertConserved(before, wrong, changes)).toThrow(ConservationError)
    expect(() => assertConserved(before, wrong, changes)).toThrow(/^customer 'c1', entry 6: grant/)
    expect(() => assertConserved(before, wrong, changes)).toThrow(message)
  })

  it('that makes a grant vanish is stopped', () => {
    const c = busy()
    const before = c.state
    const changes = used(c, 2)
    expect(() => assertConserved(before, { ...c.state, grants: [] }, changes)).toThrow(/a call added or removed a grant/)
  })

  it('of any other kind is compared with all open holds', () => {
    const c = busy()
    const changes: readonly Change[] = [{ kind: 'clock_moved', offsetMs: 1 }]
    const after = changes.reduce((state, change) => evolve(state, change, c.now), c.state)
    expect(() => assertConserved(c.state, after, changes)).not.toThrow()
    expect(() =>
      assertConserved(
        c.state,
        tamper(after, () => ({ held: 0n })),
        changes,
      ),
    ).toThrow(/but the open holds on it come to/)
  })
})
