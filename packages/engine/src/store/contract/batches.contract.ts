import { describe, expect, it } from 'vitest'
import type { Operation } from '../../core/command.ts'
import type { CustomerState } from '../../core/customer.ts'
import type { Change, Entry } from '../../core/entry.ts'
import type { Effect, Work } from '../store.ts'
import type { UnderTest } from './underTest.fixture.ts'
import { attempt, counting, created, granted, operation, reading, used, writing } from './works.fixture.ts'

/** A batch is one transaction, decided in order. */
export function describeBatches(under: UnderTest): void {
  describe('a new store', () => {
    it('holds nothing', async () => {
      expect(await under.store.customer('ann')).toBeNull()
      expect(await under.store.operation('op')).toBeNull()
      expect(await under.store.entry('ann', 1)).toBeNull()
      expect(await under.store.entries({ order: 'newest', limit: 10 })).toEqual({ items: [], nextCursor: null })
      expect(await under.store.customers({ limit: 10 })).toEqual({ items: [], nextCursor: null })
      expect(await under.store.catalog()).toBeNull()
      expect(await under.store.totals()).toEqual({ customers: 0, entries: 0 })
    })

    it('takes an empty batch', async () => {
      await under.store.transact([])
      expect(await under.store.totals()).toEqual({ customers: 0, entries: 0 })
    })
  })

  describe('a batch', () => {
    it('is written whole: customers, entries and operations', async () => {
      const ann = writing('ann', [created('ann'), granted(100n)])
      const bob = writing('bob', [created('bob')], { operation: operation('op-1', 'bob', { seq: 1 }) })
      await under.store.transact([ann.work, bob.work])
      await under.nowAndAfterReopening(async () => {
        expect(await under.store.customer('ann')).toEqual(ann.after())
        expect(await under.store.customer('bob')).toEqual(bob.after())
        expect(await under.store.entry('bob', 1)).toEqual(bob.entry())
        expect(await under.store.operation('op-1')).toEqual(operation('op-1', 'bob', { seq: 1 }))
        expect(await under.store.totals()).toEqual({ customers: 2, entries: 2 })
      })
    })

    it('decides each work on top of those before it', async () => {
      const seen: (number | null)[] = []
      const watched = (place: number, changes: readonly Change[]): Work => ({
        ...writing('ann', changes).work,
        run(state, known) {
          seen[place] = state?.seq ?? null
          return writing('ann', changes).work.run(state, known)
        },
      })
      await under.store.transact([watched(0, [created('ann'), granted(10n)]), watched(1, [used(1n)]), watched(2, [used(2n)])])
      await under.store.transact([watched(3, [used(3n)])])
      expect(seen).toEqual([null, 1, 2, 3])
      expect((await under.store.customer('ann'))?.grants[0]?.used).toBe(6n)
    })

    it('shows an operation to the works after it', async () => {
      const seen: (string | null)[] = []
      // A work may be run more than once: its last run counts.
      const looking = (place: number, status: Operation['status']): Work => ({
        customerId: 'ann',
        operationId: 'op',
        run(state, known) {
          seen[place] = known?.status ?? null
          return writing('ann', state ? [used(0n)] : [created('ann')], { operation: operation('op', 'ann', { status }) }).work.run(
            state,
            known,
          )
        },
      })
      await under.store.transact([looking(0, 'running'), looking(1, 'released')])
      await under.store.transact([looking(2, 'done')])
      expect(seen).toEqual([null, 'running', 'released'])
      await under.nowAndAfterReopening(async () => expect((await under.store.operation('op'))?.status).toBe('done'))
    })

    it('passes only the operation that a work names', async () => {
      await under.store.transact([writing('ann', [created('ann')], { operation: operation('op', 'ann') }).work])
      const seen: (Operation | null)[] = []
      await under.store.transact([
        reading('ann', null, (_, known) => seen.push(known)),
        reading('ann', 'other', (_, known) => seen.push(known)),
      ])
      expect(seen).toEqual([null, null])
    })

    it('writes nothing for a work without an effect', async () => {
      await under.store.transact([writing('ann', [created('ann')]).work])
      const before = await under.store.customer('ann')
      await under.store.transact([reading('ann', 'op', () => undefined), reading('nobody', 'op', () => undefined)])
      await under.nowAndAfterReopening(async () => {
        expect(await under.store.customer('ann')).toEqual(before)
        expect(await under.store.customer('nobody')).toBeNull()
        expect(await under.store.operation('op')).toBeNull()
        expect(await under.store.totals()).toEqual({ customers: 1, entries: 1 })
      })
    })

    it('keeps the customer as it was when an effect has no entry', async () => {
      await under.store.transact([writing('ann', [created('ann')]).work])
      const before = await under.store.customer('ann')
      await under.store.transact([{ customerId: 'ann', operationId: null, run: () => ({ state: null, entry: null, operation: null }) }])
      expect(await under.store.customer('ann')).toEqual(before)
    })

    it('writes an operation without an entry', async () => {
      const record = operation('op', 'ann', { result: 'kept' })
      await under.store.transact([{ customerId: 'ann', operationId: 'op', run: (state) => ({ state, entry: null, operation: record }) }])
      await under.nowAndAfterReopening(async () => expect(await under.store.operation('op')).toEqual(record))
    })

    it('leaves no trace when one of its works throws', async () => {
      await under.store.transact([writing('ann', [created('ann'), granted(10n)]).work])
      const before = await under.store.customer('ann')
      const failing: Work = {
        customerId: 'bob',
        operationId: null,
        run: () => {
          throw new Error('a mistake in a decision')
        },
      }
      const batch = [
        writing('ann', [used(1n)], { operation: operation('op', 'ann') }).work,
        writing('cid', [created('cid')]).work,
        failing,
        writing('dan', [created('dan')]).work,
      ]
      await expect(attempt(() => under.store.transact(batch))).rejects.toThrow('a mistake in a decision')
      await under.nowAndAfterReopening(async () => {
        expect(await under.store.customer('ann')).toEqual(before)
        expect(await under.store.customer('cid')).toBeNull()
        expect(await under.store.customer('dan')).toBeNull()
        expect(await under.store.operation('op')).toBeNull()
        expect(await under.store.totals()).toEqual({ customers: 1, entries: 1 })
      })
      await under.store.transact([writing('ann', [used(2n)]).work])
      expect((await under.store.customer('ann'))?.grants[0]?.used).toBe(2n)
    })

    it('refuses an entry that does not follow', async () => {
      await under.store.transact([writing('ann', [created('ann')]).work])
      const torn = (effect: (state: CustomerState) => Partial<Effect>): Work => ({
        customerId: 'ann',
        operationId: null,
        run(state) {
          const good = writing('ann', [used(0n)]).work.run(state, null)
          return { ...good, ...(state ? effect(state) : {}) }
        },
      })
      const entryOf = (customerId: string, seq: number): Entry => ({ customerId, seq, at: 0, operationId: null, changes: [used(0n)] })
      await expect(attempt(() => under.store.transact([torn(() => ({ entry: entryOf('ann', 3) }))]))).rejects.toThrow('does not follow')
      await expect(attempt(() => under.store.transact([torn(() => ({ entry: entryOf('bob', 2) }))]))).rejects.toThrow("'bob'")
      await expect(attempt(() => under.store.transact([torn((state) => ({ state }))]))).rejects.toThrow('without the state')
      expect(await under.store.totals()).toEqual({ customers: 1, entries: 1 })
    })

    it('takes a thousand works', async () => {
      const works = Array.from({ length: 1_000 }, (_, index) => {
        const id = `customer ${index % 250}`
        return { ...writing(id, []).work, run: counting(id) }
      })
      await under.store.transact(works)
      await under.nowAndAfterReopening(async () => {
        expect(await under.store.totals()).toEqual({ customers: 250, entries: 1_000 })
        expect((await under.store.customer('customer 249'))?.seq).toBe(4)
      })
    })
  })

  it('loses no update when batches overlap', async () => {
    const batches = Array.from({ length: 40 }, (_, index) => [
      { customerId: 'hot', operationId: null, run: counting('hot') },
      { customerId: `c${index % 7}`, operationId: null, run: counting(`c${index % 7}`) },
    ])
    await Promise.all(batches.map((batch) => attempt(() => under.store.transact(batch))))
    await under.nowAndAfterReopening(async () => {
      expect((await under.store.customer('hot'))?.seq).toBe(40)
      const { items } = await under.store.entries({ customerId: 'hot', order: 'oldest', limit: 100 })
      expect(items.map((entry) => entry.seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
      expect(await under.store.totals()).toEqual({ customers: 8, entries: 80 })
    })
  })
}
