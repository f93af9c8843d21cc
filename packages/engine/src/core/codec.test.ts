import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { textOfCall } from './callText.ts'
import { decodeCatalog, decodeChanges, decodeCustomer, encodeCatalog, encodeChanges, encodeCustomer, textOfChange } from './codec.ts'
import type { AnswerTo, Command } from './command.ts'
import type { CustomerState } from './customer.ts'
import { type Decided, decide } from './decide.ts'
import type { Change, Entry, SettledItem, Settlement, Use } from './entry.ts'
import { applyEntry } from './evolve.ts'
import type { Hold, HoldItem, OperationRef, Payment } from './hold.ts'
import { InvalidCommandError } from './invalidCommand.ts'
import { commandAt, type ModelStep, modelCatalog, stories } from './testing/commands.contract.ts'

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('cus_ent_a1', '"', '\\', '\u2028', '\ud800', ''))
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary)
const amount = fc.bigInt({ min: -(10n ** 27n), max: 10n ** 27n })
const instant = fc.integer({ min: 0, max: 4e12 })
// Facts as JSON would have them: it knows no minus zero.
const properties = orNull(fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }))).map(
  (facts): Use['properties'] => JSON.parse(JSON.stringify(facts)) as Use['properties'],
)
const payment: fc.Arbitrary<Payment> = fc.record({
  grantId: text,
  rolloverId: orNull(text),
  cycle: fc.nat(),
  planId: orNull(text),
  poolId: text,
  amount,
  cost: amount,
})
const payments = fc.array(payment, { maxLength: 3 })
const use: fc.Arbitrary<Use> = fc.record({
  featureId: text,
  entityId: orNull(text),
  units: amount,
  payments,
  eventName: orNull(text),
  properties,
  timestamp: orNull(instant),
})
const hold: fc.Arbitrary<Hold> = fc.record({
  id: text,
  operation: orNull(fc.record({ id: text, fingerprint: text })),
  entityId: orNull(text),
  createdAt: instant,
  expiresAt: instant,
  overage: fc.constantFrom('reject' as const, 'cap' as const, 'overflow' as const),
  items: fc.array(fc.record({ featureId: text, units: amount, payments }), { maxLength: 3 }),
  properties,
})
const settlement: fc.Arbitrary<Settlement> = fc.record({
  holdId: text,
  outcome: fc.constantFrom('committed' as const, 'released' as const, 'expired' as const),
  entityId: orNull(text),
  items: fc.array(fc.record({ featureId: text, held: amount, units: amount, kept: payments, returned: payments, extra: payments }), {
    maxLength: 3,
  }),
  properties,
})
const callChange: fc.Arbitrary<Change> = fc.oneof(
  use.map((each): Change => ({ kind: 'used', use: each })),
  hold.map((each): Change => ({ kind: 'held', hold: each })),
  settlement.map((each): Change => ({ kind: 'settled', settlement: each })),
)

describe('the text of a change', () => {
  it('is the same, written by hand for the changes of a call', () => {
    const property = fc.property(callChange, (change) => {
      expect(textOfCall(change)).toBe(textOfChange(change))
    })
    fc.assert(property, { numRuns: 500 })
  })

  it('is read back exactly', () => {
    const property = fc.property(fc.array(callChange), (changes) => {
      expect(decodeChanges(encodeChanges(changes))).toEqual(changes)
    })
    fc.assert(property)
  })

  it('is written by hand for the fields that there are: a new one must be written too', () => {
    expectTypeOf<keyof Payment>().toEqualTypeOf<'grantId' | 'rolloverId' | 'cycle' | 'planId' | 'poolId' | 'amount' | 'cost'>()
    expectTypeOf<keyof Use>().toEqualTypeOf<'featureId' | 'entityId' | 'units' | 'payments' | 'eventName' | 'properties' | 'timestamp'>()
    expectTypeOf<keyof HoldItem>().toEqualTypeOf<'featureId' | 'units' | 'payments'>()
    expectTypeOf<keyof OperationRef>().toEqualTypeOf<'id' | 'fingerprint'>()
    expectTypeOf<keyof Hold>().toEqualTypeOf<
      'id' | 'operation' | 'entityId' | 'createdAt' | 'expiresAt' | 'overage' | 'items' | 'properties'
    >()
    expectTypeOf<keyof Settlement>().toEqualTypeOf<'holdId' | 'outcome' | 'entityId' | 'items' | 'properties'>()
    expectTypeOf<keyof SettledItem>().toEqualTypeOf<'featureId' | 'held' | 'units' | 'kept' | 'returned' | 'extra'>()
  })

  it('is valid JSON whatever numbers a caller gave', () => {
    const change: Change = {
      kind: 'used',
      use: {
        featureId: 'a',
        entityId: null,
        units: 0n,
        payments: [],
        eventName: null,
        properties: { a: Number.NaN },
        timestamp: Number.NaN,
      },
    }
    expect(JSON.parse(encodeChanges([change]))).toMatchObject([{ use: { timestamp: null, properties: { a: null } } }])
  })
})

/** All entries of one customer that a random story leads to, and the customer after each. */
function told(story: readonly ModelStep[]): readonly { readonly entry: Entry; readonly state: CustomerState }[] {
  const customerId = 'c1'
  const history: { readonly entry: Entry; readonly state: CustomerState }[] = []
  let now = Date.parse('2028-01-31T22:15:00.000Z')
  let ids = 0
  let state: CustomerState | null = null
  let tracked: readonly Use[] = []
  for (const step of story) {
    if (step.kind === 'pass') {
      now += step.ms
      continue
    }
    const at: number = now + (state?.clockOffsetMs ?? 0)
    const moment = { now: at, catalog: modelCatalog, newId: (prefix: string) => `${prefix}_${++ids}` }
    const command = commandAt(step.command, at)
    try {
      const decided: Decided<AnswerTo<Command>> = decide<Command>(
        state,
        command.kind === 'refund' ? { ...command, uses: tracked } : command,
        moment,
        customerId,
        { id: customerId },
      )
      if (command.kind === 'track' && decided.answer.ok && 'uses' in decided.answer) tracked = decided.answer.uses
      if (decided.changes.length === 0 || decided.state === null) continue
      const entry: Entry = { customerId, seq: history.length + 1, at, operationId: null, changes: decided.changes }
      state = { ...decided.state, seq: entry.seq }
      history.push({ entry, state })
    } catch (error) {
      if (!(error instanceof InvalidCommandError)) throw error
    }
  }
  return history
}

describe('a ledger', () => {
  it('that is written and read leads to exactly the customer that was decided, after every entry', { timeout: 60_000 }, () => {
    const kinds = new Set<Change['kind']>()
    const property = fc.property(stories(1, 200), (story) => {
      let folded: CustomerState | null = null
      for (const { entry, state } of told(story)) {
        const read: Entry = { ...entry, changes: decodeChanges(encodeChanges(entry.changes)) }
        for (const change of read.changes) kinds.add(change.kind)
        expect(read).toEqual(entry)
        folded = applyEntry(folded, read)
        expect(folded).toEqual(state)
        expect(decodeCustomer(encodeCustomer(state))).toEqual(state)
      }
    })
    fc.assert(property, { numRuns: 120 })
    // Random stories bring about nearly every kind of change; the others are of a customer as a whole.
    expect([...kinds].toSorted()).toEqual([
      ...[
        'adjusted',
        'clock_moved',
        'closed',
        'customer_created',
        'customer_updated',
        'entity_created',
        'entity_deleted',
        'entity_updated',
      ],
      ...['granted', 'held', 'hold_extended', 'plan_changed', 'plan_ended', 'plan_started', 'refunded', 'reset', 'rollover_expired'],
      ...['settled', 'used', 'window_counted'],
    ])
  })

  it('refuses an entry that does not follow', () => {
    const [first, second, third] = told([
      { kind: 'command', customer: 0, command: { kind: 'touch' } },
      ...[1, 2].map((offsetMs): ModelStep => ({ kind: 'command', customer: 0, command: { kind: 'move_clock', offsetMs } })),
    ])
    if (!first || !second || !third) throw new Error('the story has three entries')
    expect(() => applyEntry(first.state, third.entry)).toThrow("entry 3 of customer 'c1' does not follow entry 1")
    expect(() => applyEntry(null, { ...second.entry, seq: 1 })).toThrow("a ledger cannot begin with 'clock_moved'")
    expect(() => applyEntry(null, { ...first.entry, changes: [] })).toThrow("entry 1 of customer 'c1' changes nothing")
  })
})

it('writes and reads a catalog', () => {
  expect(decodeCatalog(encodeCatalog(modelCatalog))).toEqual(modelCatalog)
})
