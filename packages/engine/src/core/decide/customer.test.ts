import { describe, expect, it } from 'vitest'
import { NO_CONTROLS } from '../controls.ts'
import { allocated, catalogOf, controls, item, metered, overage, plan } from '../testing/catalogs.contract.ts'
import { TEST_START, TestCustomer } from '../testing/testCustomer.contract.ts'

const DAY = 86_400_000
const features = [metered('messages'), allocated('seats'), allocated('rooms')]
const perSeat = plan('p', [item('messages', 100, 'month', { perEntity: 'seats' }), item('seats', 2)])

describe('an entity', () => {
  it("receives its share of items per entity, and the customer may spend everyone's", () => {
    const c = new TestCustomer(catalogOf(features, [perSeat]))
    c.attach('p')
    for (const id of ['e1', 'e2', 'e3']) c.entity(id, 'seats')
    expect(c.left('messages')).toBe(300)
    for (const id of ['e1', 'e2', 'e3']) c.track({ messages: 10 }, { entityId: id })
    c.track({ messages: 10 })
    expect([c.left('messages'), c.left('messages', 'e1'), c.left('messages', 'e2')]).toEqual([260, 80, 90])
  })

  it('of another feature receives nothing', () => {
    const c = new TestCustomer(catalogOf(features, [perSeat]))
    c.attach('p')
    c.entity('r1', 'rooms')
    expect(c.balance('messages', 'r1')).toBeNull()
  })

  it('that joins later receives its share at once, and starts afresh with the others', () => {
    const c = new TestCustomer(catalogOf(features, [perSeat]))
    c.attach('p')
    c.entity('e1', 'seats')
    c.after(20 * DAY).entity('e2', 'seats')
    expect([c.left('messages', 'e2'), c.balance('messages', 'e2')?.resetsAt]).toEqual([100, c.balance('messages', 'e1')?.resetsAt])
    c.attach('p', { entityId: null })
    expect(c.left('messages')).toBe(200)
  })

  it('occupies one seat while it exists, over the number of free ones too', () => {
    const c = new TestCustomer(catalogOf(features, [perSeat]))
    c.attach('p')
    for (const id of ['e1', 'e2', 'e3']) expect(c.entity(id, 'seats').ok).toBe(true)
    expect([c.used('seats'), c.left('seats')]).toEqual([3, 0])
    c.run({ kind: 'delete_entity', entityId: 'e2' })
    expect([c.used('seats'), c.left('messages')]).toEqual([2, 200])
    expect(c.entity('e2', 'seats').ok).toBe(true)
  })

  it('is refused beyond the limit of paid seats', () => {
    const c = new TestCustomer(catalogOf(features, [plan('p', [item('seats', 1, null, overage(1))])]))
    c.attach('p')
    expect(['e1', 'e2', 'e3'].map((id) => c.entity(id, 'seats').ok)).toEqual([true, true, false])
    expect(c.state.entities).toHaveLength(2)
  })

  it('needs no seat when the customer has none, and gives back none', () => {
    const c = new TestCustomer(catalogOf(features))
    expect(c.entity('e1', 'seats').ok).toBe(true)
    c.grant('s', 'seats', 5)
    c.run({ kind: 'delete_entity', entityId: 'e1' })
    expect(c.left('seats')).toBe(5)
  })

  it('takes its plans with it', () => {
    const c = new TestCustomer(catalogOf(features, [plan('q', [item('messages', 7)])]))
    c.entity('e1', 'seats')
    c.attach('q', { entityId: 'e1' })
    c.run({ kind: 'delete_entity', entityId: 'e1' })
    expect([c.state.subscriptions, c.state.grants]).toEqual([[], []])
  })

  it('is named once', () => {
    const c = new TestCustomer(catalogOf(features))
    c.entity('e1', 'seats')
    expect(c.entity('e1', 'seats')).toMatchObject({ code: 'entity_exists' })
    expect(c.entity('e2', 'nope')).toMatchObject({ code: 'feature_not_found' })
    expect(c.run({ kind: 'update_entity', entityId: 'e9', name: 'Nine' })).toMatchObject({ code: 'entity_not_found' })
    expect(c.run({ kind: 'delete_entity', entityId: 'e9' })).toMatchObject({ code: 'entity_not_found' })
  })

  it('may be renamed and limited', () => {
    const c = new TestCustomer(catalogOf(features))
    c.entity('e1', 'seats')
    const limits = controls({ usageLimits: { messages: [1, 'day'] } })
    c.run({ kind: 'update_entity', entityId: 'e1', name: 'One' })
    expect(c.run({ kind: 'update_entity', entityId: 'e1', controls: limits })).toMatchObject({ entity: { name: 'One', controls: limits } })
  })
})

describe('a customer', () => {
  it('may be changed field by field', () => {
    const c = new TestCustomer(catalogOf(features))
    c.run({ kind: 'update_customer', fields: { name: 'Ada', metadata: { tier: 1 } } })
    c.run({ kind: 'update_customer', fields: { email: 'ada@example.com' } })
    expect(c.state).toMatchObject({ name: 'Ada', email: 'ada@example.com', metadata: { tier: 1 } })
  })

  it('that is deleted leaves the count of its entries and nothing else', () => {
    const c = new TestCustomer(catalogOf(features, [perSeat]))
    c.attach('p')
    c.entity('e1', 'seats')
    c.reserve('h', { messages: 5 })
    const { seq } = c.state
    c.after(1).run({ kind: 'delete_customer' })
    expect(c.state).toEqual({
      ...{ id: 'c1', name: null, email: null, fingerprint: null, metadata: {}, sendEmailReceipts: false, controls: NO_CONTROLS },
      ...{ createdAt: TEST_START, clockOffsetMs: 0, deletedAt: TEST_START + 1, seq: seq + 1, dueAt: Number.POSITIVE_INFINITY },
      ...{ subscriptions: [], trialsUsed: [], entities: [], grants: [], holds: [], endedHolds: [], windows: [] },
    })
  })

  it('is touched without a trace, when nothing fell due', () => {
    const c = new TestCustomer(catalogOf(features))
    const before = c.state
    c.run({ kind: 'touch' })
    expect(c.state).toBe(before)
  })
})
