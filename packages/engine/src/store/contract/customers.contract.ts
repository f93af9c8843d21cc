import { describe, expect, it } from 'vitest'
import type { CustomerQuery } from '../store.ts'
import type { UnderTest } from './underTest.fixture.ts'
import { counting, created, writing } from './works.fixture.ts'

/** Listing customers. */
export function describeCustomers(under: UnderTest): void {
  describe('customers', () => {
    it('are listed newest first, or oldest first', async () => {
      await create('ann', 'bob', 'cid', 'dan', 'eve')
      await under.nowAndAfterReopening(async () => {
        for (const limit of [1, 2, 5, 100]) {
          expect(await idsOf({}, limit)).toEqual(['eve', 'dan', 'cid', 'bob', 'ann'])
          expect(await idsOf({ order: 'oldest' }, limit)).toEqual(['ann', 'bob', 'cid', 'dan', 'eve'])
        }
      })
    })

    it('come as they are now, in their place', async () => {
      await create('ann', 'bob')
      await under.store.transact([{ customerId: 'ann', operationId: null, run: counting('ann') }])
      await under.nowAndAfterReopening(async () => {
        const { items } = await under.store.customers({ limit: 10 })
        expect(items).toEqual([await under.store.customer('bob'), await under.store.customer('ann')])
        expect(items[1]?.seq).toBe(2)
      })
    })

    it('are found by id, name or email, in whatever case', async () => {
      await create('ann', 'bob', 'cid')
      await update('ann', { name: 'École Ωmega' })
      await update('bob', { email: 'Bob_100%@example.org' })
      await under.nowAndAfterReopening(async () => {
        expect(await idsOf({ search: 'NN' }, 1)).toEqual(['ann'])
        expect(await idsOf({ search: 'école' }, 1)).toEqual(['ann'])
        expect(await idsOf({ search: 'ωMEGA' }, 1)).toEqual(['ann'])
        expect(await idsOf({ search: 'B_100%@EX' }, 1)).toEqual(['bob'])
        expect(await idsOf({ search: '%' }, 1)).toEqual(['bob'])
        expect(await idsOf({ search: 'nobody' }, 1)).toEqual([])
        expect(await idsOf({ search: '' }, 1)).toEqual(['cid', 'bob', 'ann'])
      })
      await update('ann', { name: null })
      expect(await idsOf({ search: 'école' }, 1)).toEqual([])
    })

    it('are left out once deleted, unless asked for', async () => {
      await create('ann', 'bob', 'cid')
      await under.store.transact([writing('bob', [{ kind: 'customer_deleted' }]).work])
      await under.nowAndAfterReopening(async () => {
        expect(await idsOf({}, 1)).toEqual(['cid', 'ann'])
        expect(await idsOf({ search: 'bob' }, 1)).toEqual([])
        expect(await idsOf({ order: 'oldest', includeDeleted: true }, 1)).toEqual(['ann', 'bob', 'cid'])
        expect(await under.store.customer('bob')).toMatchObject({ id: 'bob', seq: 2 })
        expect((await under.store.customer('bob'))?.deletedAt).not.toBeNull()
        expect((await under.store.entries({ customerId: 'bob', order: 'oldest', limit: 10 })).items).toHaveLength(2)
      })
    })

    it('are listed again when created anew, their ledger going on', async () => {
      await create('ann')
      await under.store.transact([writing('ann', [{ kind: 'customer_deleted' }]).work])
      await under.store.transact([writing('ann', [created('ann', 'Ann again')]).work])
      await under.nowAndAfterReopening(async () => {
        expect(await idsOf({ search: 'again' }, 5)).toEqual(['ann'])
        expect(await under.store.customer('ann')).toMatchObject({ seq: 3, deletedAt: null })
        expect((await under.store.entries({ customerId: 'ann', order: 'oldest', limit: 10 })).items).toHaveLength(3)
      })
    })

    it('keep a cursor good while customers are added and deleted', async () => {
      await create('ann', 'bob', 'cid', 'dan')
      const first = await under.store.customers({ limit: 2 })
      await create('eve')
      await under.store.transact([writing('cid', [{ kind: 'customer_deleted' }]).work])
      const second = await under.store.customers({ limit: 2, cursor: first.nextCursor ?? '' })
      expect([...first.items, ...second.items].map((each) => each.id)).toEqual(['dan', 'cid', 'bob', 'ann'])
      expect(second.nextCursor).toBeNull()
    })

    const create = async (...ids: readonly string[]): Promise<void> => {
      for (const id of ids) await under.store.transact([writing(id, [created(id)]).work])
    }
    const update = async (id: string, fields: { readonly name?: string | null; readonly email?: string }): Promise<void> => {
      await under.store.transact([writing(id, [{ kind: 'customer_updated', fields }]).work])
    }
    const idsOf = async (query: Omit<CustomerQuery, 'limit'>, limit: number): Promise<readonly string[]> => {
      const found: string[] = []
      for (let page = await under.store.customers({ ...query, limit }); ; ) {
        found.push(...page.items.map((each) => each.id))
        if (page.nextCursor === null) return found
        page = await under.store.customers({ ...query, limit, cursor: page.nextCursor })
      }
    }
  })
}
