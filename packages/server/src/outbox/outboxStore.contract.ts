import { afterEach, describe, expect, it } from 'vitest'
import type { ConfirmDelivery, TrackDelivery } from './delivery.ts'
import type { BeginningOperation, DoneOperation, LeaseRecord, NewDelivery, OutboxStore } from './outboxStore.ts'

/** One place for outboxes, on a clock that the test moves. */
export interface OutboxPlace {
  /** Opens the same outbox again each time: as another process would, as far as the outbox can tell. */
  open(clock: () => number): OutboxStore
  dispose(): Promise<void>
}

const START = Date.parse('2026-11-23T10:00:00.000Z')
const MINUTE_MS = 60_000

/** What every outbox promises. */
export function outboxContract(name: string, place: () => Promise<OutboxPlace>): void {
  describe(name, () => {
    const closing: (() => Promise<void>)[] = []

    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close()
    })

    async function start() {
      const { open, dispose } = await place()
      closing.push(dispose)
      let now = START
      const another = (): OutboxStore => {
        const store = open(() => now)
        let closed: Promise<void> | null = null
        const close = (): Promise<void> => {
          closed ??= store.close()
          return closed
        }
        closing.push(close)
        return { ...store, close }
      }
      return {
        store: another(),
        another,
        advance(ms: number) {
          now += ms
        },
      }
    }

    const beginning = (id: string, more: Partial<BeginningOperation> = {}): BeginningOperation => ({
      id,
      fingerprint: 'input',
      customerId: 'acme',
      entityId: null,
      procedure: 'test.call',
      holdId: `hold of ${id}`,
      expiresAt: START + 15 * MINUTE_MS,
      ...more,
    })
    const done = (id: string, more: Partial<DoneOperation> = {}): DoneOperation => ({
      id,
      holdId: `hold of ${id}`,
      at: START,
      kind: 'use',
      items: [{ featureId: 'messages', units: 0.1 }],
      answer: '{"text":"done"}',
      ...more,
    })
    const track = (key: string, more: Partial<TrackDelivery> = {}): TrackDelivery => ({
      action: 'track',
      key,
      customerId: 'acme',
      entityId: null,
      featureId: 'messages',
      operationId: null,
      procedure: 'test.call',
      at: START,
      units: 1,
      overage: 'overflow',
      ...more,
    })
    const later = (delivery: TrackDelivery): NewDelivery => ({ delivery, notBefore: delivery.at })
    const record = (store: OutboxStore, ...deliveries: readonly NewDelivery[]) =>
      store.settle({ operation: null, deliveries, leaseUses: [] })
    const keysOf = (claimed: readonly { readonly delivery: { readonly key: string } }[]) => claimed.map(({ delivery }) => delivery.key)
    const lease = (lockId: string): LeaseRecord => ({
      lockId,
      customerId: 'acme',
      entityId: null,
      featureId: 'messages',
      units: 10,
      expiresAt: START + MINUTE_MS,
    })
    const spend = (store: OutboxStore, id: string, lockId: string, amount: bigint) =>
      store.settle({ operation: done(id), deliveries: [], leaseUses: [{ lockId, amount, otherwise: track(`instead of ${id}`) }] })

    it('begins an operation once, of any number at the same time and of any number of processes', async () => {
      const { store, another } = await start()
      const other = another()
      const both = await Promise.all(
        Array.from({ length: 8 }, (_, i) => (i % 2 ? store : other).begin(beginning('op', { holdId: `hold ${i}` }))),
      )
      expect(both.map(({ kind }) => kind).sort()).toEqual(['begun', ...Array.from({ length: 7 }, () => 'running')])
      expect((await other.begin(beginning('op', { fingerprint: 'other' }))).kind).toBe('conflict')
    })

    it('answers a repeat with what was stored, and another input with a conflict', async () => {
      const { store, another } = await start()
      await store.begin(beginning('op'))
      await store.settle({ operation: done('op'), deliveries: [], leaseUses: [] })
      expect(await another().begin(beginning('op', { holdId: 'again' }))).toEqual({ kind: 'done', answer: '{"text":"done"}' })
      expect((await store.begin(beginning('op', { holdId: 'again', fingerprint: 'other' }))).kind).toBe('conflict')
    })

    it('frees the id of a call that came to nothing, or whose time is over', async () => {
      const { store, advance } = await start()
      await store.begin(beginning('op'))
      await store.abandon('op', 'hold of another')
      expect((await store.begin(beginning('op', { holdId: 'again' }))).kind).toBe('running')
      await store.abandon('op', 'hold of op')
      expect((await store.begin(beginning('op', { holdId: 'again' }))).kind).toBe('begun')
      await store.prolong('op', 'again', START + 30 * MINUTE_MS)
      advance(20 * MINUTE_MS)
      expect((await store.begin(beginning('op', { holdId: 'third', expiresAt: START + 50 * MINUTE_MS }))).kind).toBe('running')
      advance(20 * MINUTE_MS)
      expect((await store.begin(beginning('op', { holdId: 'third', expiresAt: START + 50 * MINUTE_MS }))).kind).toBe('begun')
      // The first call is late: another one has taken its place.
      const late = { operation: done('op', { holdId: 'again' }), deliveries: [{ delivery: track('late'), notBefore: null }], leaseUses: [] }
      expect(await store.settle(late)).toEqual({ kind: 'superseded' })
      expect(await store.counts()).toMatchObject({ pending: 0 })
    })

    it('settles the calls of one turn together, and each by itself', async () => {
      const { store } = await start()
      await Promise.all([1, 2, 3].map((n) => store.begin(beginning(`op ${n}`))))
      const settled = await Promise.all(
        [1, 2, 3, 4].map((n) =>
          store.settle({
            operation: done(`op ${n}`),
            deliveries: [{ delivery: track(`use ${n}`, { operationId: `op ${n}` }), notBefore: null }],
            leaseUses: [],
          }),
        ),
      )
      expect(settled.map(({ kind }) => kind)).toEqual(['settled', 'settled', 'settled', 'superseded'])
      expect((await store.list('pending', 10)).map(({ delivery }) => delivery.key).sort()).toEqual(['use 1', 'use 2', 'use 3'])
    })

    it('answers a settlement that is repeated as the first time, and records it once', async () => {
      const { store } = await start()
      await store.openLease(lease('block'))
      await store.begin(beginning('op'))
      const call = {
        operation: done('op'),
        deliveries: [{ delivery: track('use'), notBefore: null }],
        leaseUses: [{ lockId: 'block', amount: 3n, otherwise: track('instead') }],
      }
      const first = await store.settle(call)
      expect(await store.settle(call)).toEqual(first)
      expect(await store.counts()).toMatchObject({ pending: 1 })
      expect(await store.closeLease('block')).toMatchObject({ action: 'confirm', units: 3e-10 })
    })

    it('keeps any text and any amount as it is', async () => {
      const { store } = await start()
      const odd = 'a\u0000b\u001a“ü🙂'
      await store.begin(beginning('op', { customerId: odd, entityId: odd }))
      const delivery = track('odd', { customerId: odd, units: 0.1 + 0.2 })
      await store.settle({ operation: done('op', { answer: odd }), deliveries: [later(delivery)], leaseUses: [] })
      expect(await store.operation('op')).toMatchObject({ customerId: odd, answer: odd, items: [{ units: 0.1 }] })
      expect((await store.claim(1, false)).map((each) => each.delivery)).toEqual([delivery])
      expect(await store.hasPending(odd)).toBe(true)
      expect(await store.hasPending('acme')).toBe(false)
    })

    it('lets one process send what is recorded to be sent later, and counts it until it is delivered', async () => {
      const { store, another } = await start()
      const other = another()
      const deliveries = Array.from({ length: 40 }, (_, i) => later(track(`key ${i}`)))
      await record(store, ...deliveries)
      const claimed = (await Promise.all([store.claim(25, false), other.claim(25, false)])).flatMap(keysOf)
      expect(new Set(claimed).size).toBe(claimed.length)
      expect([...claimed, ...keysOf(await store.claim(100, true))].length).toBe(40)
      await Promise.all(deliveries.slice(1).map(({ delivery }) => other.delivered(delivery.key)))
      expect(await store.counts()).toMatchObject({ pending: 1, dead: 0, oldestAt: START })
    })

    it('lets nobody else send what its recorder sends at once, unless it has nothing to tell for half a minute', async () => {
      const { store, another, advance } = await start()
      await record(store, { delivery: track('own'), notBefore: null })
      const other = another()
      expect(await other.claim(10, true)).toEqual([])
      expect((await other.counts()).nextAt).toBe(START + 30_000)
      advance(30_001)
      expect(await other.claim(10, false)).toMatchObject([{ delivery: { key: 'own' }, isTakenOver: true }])
      await other.postpone('own', START, 'no answer')
      expect(await store.claim(10, false)).toMatchObject([{ isTakenOver: false, attempts: 1, error: 'no answer' }])
    })

    it('keeps the order within an operation: a refund waits for its use', async () => {
      const { store, advance } = await start()
      await record(
        store,
        later(track('refund', { operationId: 'op', at: START + 1 })),
        later(track('use', { operationId: 'op' })),
        later(track('use of another', { operationId: 'another' })),
      )
      advance(1)
      expect(keysOf(await store.claim(10, true)).sort()).toEqual(['use', 'use of another'])
      expect(await store.claim(10, true)).toEqual([])
      await store.delivered('use')
      expect(keysOf(await store.claim(10, false))).toEqual(['refund'])
    })

    it('claims what waits for its next try when it is due, or early', async () => {
      const { store, advance } = await start()
      await record(store, later(track('key')))
      await store.claim(1, false)
      await store.postpone('key', START + 500, 'out')
      expect((await store.counts()).nextAt).toBe(START + 500)
      expect(await store.claim(1, false)).toEqual([])
      expect(await store.claim(1, true)).toHaveLength(1)
      await store.postpone('key', START + 500, 'out')
      advance(500)
      expect(await store.claim(1, false)).toMatchObject([{ attempts: 2, nextAt: START + 500 }])
    })

    it('lets what was to wait be sent earlier, by its operation', async () => {
      const { store } = await start()
      await record(store, { delivery: track('parked', { operationId: 'op' }), notBefore: START + 10 * MINUTE_MS })
      await record(store, { delivery: track('other', { operationId: 'other' }), notBefore: START + 10 * MINUTE_MS })
      // Whoever recorded it had a reason: early is for what was tried before.
      expect(await store.claim(10, true)).toEqual([])
      await store.hasten('op', START)
      expect(keysOf(await store.claim(10, false))).toEqual(['parked'])
    })

    it('sets aside what was given up, for a human to look at', async () => {
      const { store, another } = await start()
      await record(store, later(track('bad')), later(track('worse')))
      await store.bury('bad', '400 invalid_inputs')
      await store.bury('worse', '400 invalid_inputs')
      const other = another()
      expect(await other.counts()).toEqual({ pending: 0, dead: 2, oldestAt: null, nextAt: null })
      expect(await other.list('dead', 10)).toMatchObject([{ error: '400 invalid_inputs', deadAt: START }, {}])
      expect(await other.hasPending('acme')).toBe(false)
      expect(await other.claim(10, true)).toEqual([])
      expect(await other.discard('worse')).toBe(true)
      expect(await other.discard('worse')).toBe(false)
      expect(await other.revive('nothing')).toBe(0)
      expect(await other.revive(null)).toBe(1)
      expect(await store.claim(10, false)).toMatchObject([{ delivery: { key: 'bad' }, attempts: 0 }])
    })

    it('puts one delivery in the place of another, and keeps the claim', async () => {
      const { store, another } = await start()
      await record(store, later(track('confirm')))
      await store.claim(1, false)
      await store.replace('confirm', track('confirm:late'))
      expect((await store.list('pending', 10)).map(({ delivery }) => delivery.key)).toEqual(['confirm:late'])
      expect(await another().claim(10, true)).toEqual([])
    })

    it('ends a lease once, with exactly what was spent of it by any number of calls at once', async () => {
      const { store } = await start()
      await store.openLease(lease('block'))
      const ids = Array.from({ length: 20 }, (_, i) => `op ${i}`)
      await Promise.all(ids.map((id) => store.begin(beginning(id))))
      await Promise.all(ids.map((id) => spend(store, id, 'block', 1_000_000_000n)))
      const expected: Partial<ConfirmDelivery> = { action: 'confirm', key: 'block:confirm', units: 2, held: 10 }
      expect(await store.closeLease('block')).toMatchObject(expected)
      expect(await store.closeLease('block')).toBeNull()
      expect((await store.list('pending', 10)).map(({ delivery }) => delivery)).toMatchObject([expected])
    })

    it('releases a lease of which nothing was spent, and forgets one that was not granted', async () => {
      const { store } = await start()
      await store.openLease(lease('block'))
      await store.openLease(lease('denied'))
      await store.dropLease('denied')
      expect(await store.closeLease('denied')).toBeNull()
      expect(await store.closeLease('block')).toMatchObject({ action: 'release', key: 'block:release' })
    })

    it('delivers a use in another way when its lease has ended', async () => {
      const { store } = await start()
      await store.openLease(lease('block'))
      await store.begin(beginning('op'))
      await store.closeLease('block')
      expect(await spend(store, 'op', 'block', 5n)).toMatchObject({ kind: 'settled', deliveries: [{ key: 'instead of op' }] })
      expect((await store.list('pending', 10)).map(({ delivery }) => delivery.key).sort()).toEqual(['block:release', 'instead of op'])
    })

    it('counts every use, in the lease or beside it, when the lease ends at the same time', async () => {
      const { store, another } = await start()
      const other = another()
      await store.openLease(lease('block'))
      const ids = Array.from({ length: 12 }, (_, i) => `op ${i}`)
      await Promise.all(ids.map((id) => store.begin(beginning(id))))
      const first = ids.slice(0, 6).map((id) => spend(store, id, 'block', 10_000_000_000n))
      const closed = other.closeLease('block')
      const second = ids.slice(6).map((id) => spend(store, id, 'block', 10_000_000_000n))
      const [delivery] = await Promise.all([closed, ...first, ...second])
      const confirmed = delivery?.action === 'confirm' ? delivery.units : 0
      const beside = (await store.list('pending', 100)).filter((each) => each.delivery.key.startsWith('instead'))
      expect(confirmed + beside.length).toBe(12)
    })

    it('knows the leases of processes that are gone from those of processes that live', async () => {
      const { store, another } = await start()
      await store.openLease(lease('block'))
      const other = another()
      expect(await other.orphanedLeases()).toEqual([])
      await store.close()
      expect(await other.orphanedLeases()).toEqual([lease('block')])
    })

    it('frees the ids of a process that is gone', async () => {
      const { store, another } = await start()
      await store.begin(beginning('op'))
      await store.close()
      expect((await another().begin(beginning('op', { holdId: 'again' }))).kind).toBe('begun')
    })

    it('pages through what is done, newest first, by customer and entity, and forgets it in the end', async () => {
      const { store } = await start()
      for (let i = 0; i < 5; i++) {
        const entityId = i % 2 ? 'seat' : null
        await store.begin(beginning(`op ${i}`, { entityId }))
        await store.settle({ operation: done(`op ${i}`, { at: START + Math.floor(i / 2) }), deliveries: [], leaseUses: [] })
      }
      await store.begin(beginning('running'))
      const query = { customerId: 'acme', entityId: null, limit: 2 }
      const one = await store.operations({ ...query, cursor: null })
      const two = await store.operations({ ...query, cursor: one.nextCursor })
      const three = await store.operations({ ...query, cursor: two.nextCursor })
      expect([...one.items, ...two.items, ...three.items].map(({ id }) => id)).toEqual(['op 4', 'op 3', 'op 2', 'op 1', 'op 0'])
      expect(three.nextCursor).toBeNull()
      const seat = await store.operations({ ...query, entityId: 'seat', cursor: null })
      expect(seat.items.map(({ id }) => id)).toEqual(['op 3', 'op 1'])
      await store.prune(START + 2)
      // Those that might still run are kept.
      expect((await store.operations({ ...query, limit: 10, cursor: null })).items).toHaveLength(5)
    })

    it('loses nothing that was asked for in the turn in which it is closed', async () => {
      const { store, another } = await start()
      const recorded = record(store, later(track('last')))
      await store.close()
      expect((await recorded).kind).toBe('settled')
      expect(keysOf(await another().claim(1, false))).toEqual(['last'])
    })
  })
}
