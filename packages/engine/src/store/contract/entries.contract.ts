import { describe, expect, it } from 'vitest'
import type { Entry } from '../../core/entry.ts'
import type { EntryQuery } from '../store.ts'
import type { UnderTest } from './underTest.fixture.ts'
import { counting } from './works.fixture.ts'

/** Reading the ledger, by page and by number. */
export function describeEntries(under: UnderTest): void {
  describe('entries', () => {
    it('are paged from the oldest and from the newest, over all customers', async () => {
      await fillLedger()
      await under.nowAndAfterReopening(async () => {
        const all = await entriesOf({ order: 'oldest' }, 1_000)
        expect(all.map(placeOf)).toEqual(LEDGER)
        for (const limit of [1, 3, 11, 12, 13]) {
          expect((await entriesOf({ order: 'oldest' }, limit)).map(placeOf)).toEqual(LEDGER)
          expect((await entriesOf({ order: 'newest' }, limit)).map(placeOf)).toEqual([...LEDGER].reverse())
        }
      })
    })

    it('are paged by customer', async () => {
      await fillLedger()
      const own = LEDGER.filter((place) => place.startsWith('ann'))
      await under.nowAndAfterReopening(async () => {
        for (const limit of [1, 2, 5, 100]) {
          expect((await entriesOf({ customerId: 'ann', order: 'oldest' }, limit)).map(placeOf)).toEqual(own)
          expect((await entriesOf({ customerId: 'ann', order: 'newest' }, limit)).map(placeOf)).toEqual([...own].reverse())
        }
        expect(await entriesOf({ customerId: 'nobody', order: 'newest' }, 5)).toEqual([])
      })
    })

    it('are chosen by time: from, and before until', async () => {
      await fillLedger()
      const timed = await entriesOf({ order: 'oldest' }, 100)
      const expected = timed.filter((entry) => entry.at >= 1_004 && entry.at < 1_009).map(placeOf)
      expect(expected).toHaveLength(5)
      await under.nowAndAfterReopening(async () => {
        expect((await entriesOf({ order: 'oldest', from: 1_004, until: 1_009 }, 2)).map(placeOf)).toEqual(expected)
        expect((await entriesOf({ order: 'newest', from: 1_004, until: 1_009 }, 2)).map(placeOf)).toEqual([...expected].reverse())
        const annOnly = expected.filter((place) => place.startsWith('ann'))
        expect((await entriesOf({ customerId: 'ann', order: 'newest', from: 1_004, until: 1_009 }, 1)).map(placeOf)).toEqual(
          [...annOnly].reverse(),
        )
        expect(await entriesOf({ order: 'oldest', from: 2_000 }, 5)).toEqual([])
      })
    })

    it('are found by time also where clocks were moved back', async () => {
      const times = [1_000, 5_000, 2_000, 9_000, 1_500]
      for (const at of times) await under.store.transact([{ customerId: 'ann', operationId: null, run: counting('ann', at) }])
      await under.nowAndAfterReopening(async () => {
        for (const customerId of [{ customerId: 'ann' }, {}]) {
          const found = await entriesOf({ ...customerId, order: 'oldest', from: 1_500, until: 5_000 }, 10)
          expect(found.map((entry) => entry.at)).toEqual([2_000, 1_500])
        }
      })
    })

    it('keep a cursor good while entries are added', async () => {
      await fillLedger()
      for (const order of ['oldest', 'newest'] as const) {
        for (const customerId of [{}, { customerId: 'ann' }]) {
          const query = { ...customerId, order, limit: 2 }
          const before = await entriesOf({ ...customerId, order }, 100)
          const first = await under.store.entries(query)
          await under.store.transact([{ customerId: 'ann', operationId: null, run: counting('ann') }])
          const second = await under.store.entries({ ...query, cursor: first.nextCursor ?? '' })
          expect([...first.items, ...second.items].map(placeOf)).toEqual(before.slice(0, 4).map(placeOf))
        }
      }
    })

    it('end with a null cursor when a page is exactly full', async () => {
      await fillLedger()
      expect((await under.store.entries({ order: 'oldest', limit: LEDGER.length })).nextCursor).toBeNull()
      expect((await under.store.entries({ order: 'oldest', limit: LEDGER.length - 1 })).nextCursor).not.toBeNull()
    })

    it('are found by number, whatever their age', async () => {
      await fillLedger()
      await under.nowAndAfterReopening(async () => {
        expect(await under.store.entry('ann', 1)).toMatchObject({ customerId: 'ann', seq: 1 })
        expect(await under.store.entry('ann', 4)).toMatchObject({ customerId: 'ann', seq: 4 })
        expect(await under.store.entry('ann', 5)).toBeNull()
        expect(await under.store.entry('ann', 0)).toBeNull()
      })
    })

    /** Twelve entries of three customers, one each ms from 1,000 on. */
    const fillLedger = async (): Promise<void> => {
      for (let index = 0; index < 12; index++) {
        const id = ['ann', 'bob', 'cid'][index % 3] ?? ''
        await under.store.transact([{ customerId: id, operationId: null, run: counting(id, 1_000 + index) }])
      }
    }
    const LEDGER = [1, 2, 3, 4].flatMap((seq) => ['ann', 'bob', 'cid'].map((id) => `${id} ${seq}`))
    const placeOf = ({ customerId, seq }: Entry): string => `${customerId} ${seq}`

    const entriesOf = async (query: Omit<EntryQuery, 'limit'>, limit: number): Promise<readonly Entry[]> => {
      const found: Entry[] = []
      for (let page = await under.store.entries({ ...query, limit }); ; ) {
        expect(page.items.length).toBeLessThanOrEqual(limit)
        found.push(...page.items)
        if (page.nextCursor === null) return found
        page = await under.store.entries({ ...query, limit, cursor: page.nextCursor })
      }
    }
  })
}
