import { describe, expect, it } from 'vitest'
import { unitsOf } from './amount.ts'
import { createAudit, type GrantAccount } from './audit.ts'
import { ConservationError } from './conservation.ts'
import type { Change, Entry } from './entry.ts'
import { catalogOf, item, metered, plan, rollover } from './testing/catalogs.contract.ts'
import { TestCustomer } from './testing/testCustomer.contract.ts'

const DAY = 86_400_000
const customer = () => {
  const c = new TestCustomer(
    catalogOf(
      [metered('messages')],
      [plan('p', [item('messages', 10, 'month', rollover(5, 1))]), plan('q', [item('messages', 50, 'month')])],
    ),
  )
  c.attach('p')
  return c
}

function audited(entries: readonly Entry[]) {
  const audit = createAudit()
  for (const entry of entries) audit.add(entry)
  return audit
}

const figures = ({ granted, used, held, expired }: GrantAccount) => [granted, used, held, expired].map(unitsOf)

describe('an audit', () => {
  it('follows the units of a grant through its whole life', () => {
    const c = customer()
    c.track({ messages: 3 })
    c.at('2026-02-15T09:00:00.000Z').reserve('h', { messages: 4 }, { ttlMs: DAY })
    const [grant] = c.state.grants
    const account = () => {
      const found = audited(c.entries).accounts.get(grant?.id ?? '')
      return found && figures(found)
    }
    // Granted, used, held, expired.
    expect(account()).toEqual([10, 3, 4, 0])
    // Three were left over and are carried over; the four that are held stay with the cycle that ended.
    c.at('2026-02-15T10:00:00.000Z').run({ kind: 'touch' })
    expect([account(), c.left('messages')]).toEqual([[20, 3, 4, 0], 13])
    c.commit('h', { messages: 1 })
    expect([account(), c.left('messages')]).toEqual([[20, 4, 0, 3], 13])
    // Of the thirteen, five may be carried over, and the three of before expire.
    c.at('2026-03-15T10:00:00.000Z').run({ kind: 'touch' })
    expect([account(), c.left('messages')]).toEqual([[30, 4, 0, 11], 15])
    c.track({ messages: 18 }, { overage: 'overflow' })
    c.attach('q')
    expect(account()).toEqual([30, 22, 0, 8])
    c.run({ kind: 'delete_customer' })
    expect([...audited(c.entries).accounts.values()].map(figures)).toEqual([
      [30, 22, 0, 8],
      [50, 0, 0, 50],
    ])
  })

  it('leads to the customer as it is', () => {
    const c = customer()
    c.reserve('h', { messages: 2 })
    expect(audited(c.entries).state).toEqual(c.state)
  })

  const altered = (entries: readonly Entry[], seq: number, alter: (change: Change) => Change): readonly Entry[] =>
    entries.map((entry) => (entry.seq === seq ? { ...entry, changes: entry.changes.map(alter) } : entry))

  it.each<[string, (entries: readonly Entry[]) => readonly Entry[], RegExp]>([
    ['an entry is missing', (entries) => entries.filter((entry) => entry.seq !== 2), /entry 3: it does not follow entry 1/],
    [
      'an entry is empty',
      (entries) => [...entries, { ...(entries[0] as Entry), seq: 6, changes: [] }].slice(-1),
      /entry 6: it does not follow/,
    ],
    [
      'a hold gives back more than it held',
      (entries) =>
        altered(entries, 5, (change) =>
          change.kind === 'settled'
            ? { ...change, settlement: { ...change.settlement, items: change.settlement.items.flatMap((each) => [each, each]) } }
            : change,
        ),
      /entry 5: grant '.*' holds -/,
    ],
    [
      'a payment comes from a cycle that has ended',
      (entries) =>
        altered(entries, 3, (change) =>
          change.kind === 'used'
            ? { ...change, use: { ...change.use, payments: change.use.payments.map((each) => ({ ...each, cycle: 7 })) } }
            : change,
        ),
      /entry 3: grant '.*': granted 100000000000 is not remaining 100000000000 \+ used 30000000000/,
    ],
  ])('says at which entry %s', (_, tamper, message) => {
    const c = customer()
    c.track({ messages: 3 })
    c.reserve('h', { messages: 4 })
    c.release('h')
    expect(c.entries).toHaveLength(5)
    expect(() => audited(tamper(c.entries))).toThrow(ConservationError)
    expect(() => audited(tamper(c.entries))).toThrow(message)
  })
})
