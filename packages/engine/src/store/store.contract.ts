import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCatalog } from '../core/catalog.ts'
import type { Operation } from '../core/command.ts'
import { NO_CONTROLS } from '../core/controls.ts'
import type { CustomerState } from '../core/customer.ts'
import type { Change, Entry } from '../core/entry.ts'
import { applyEntry } from '../core/evolve.ts'
import type { Grant } from '../core/grant.ts'
import type { CustomerQuery, Effect, EntryQuery, Store, Work } from './store.ts'

/** Where a store under test keeps its data. */
export interface Place {
  /** Opens a store on the data; called again after the store before was closed. */
  open(): Store | Promise<Store>
  /** Says why data does not outlive the store, if it does not. */
  readonly forgetful?: string
  /** Takes the data away after every store was closed. */
  dispose?(): void | Promise<void>
}

/** What every store promises, as tests. `createPlace` makes a place without data. */
export function describeStore(name: string, createPlace: () => Place | Promise<Place>): void {
  describe(`the ${name} store`, () => {
    let place: Place
    let store: Store

    beforeEach(async () => {
      place = await createPlace()
      store = await place.open()
    })
    afterEach(async () => {
      await store.close()
      await place.dispose?.()
    })

    const reopen = async (): Promise<void> => {
      await store.close()
      store = await place.open()
    }

    /** Checks what is there, and that it is still there once the store was opened anew. */
    const nowAndAfterReopening = async (check: () => Promise<void>): Promise<void> => {
      await check()
      if (place.forgetful !== undefined) return
      await reopen()
      await check()
    }

    describe('a new store', () => {
      it('holds nothing', async () => {
        expect(await store.customer('ann')).toBeNull()
        expect(await store.operation('op')).toBeNull()
        expect(await store.entry('ann', 1)).toBeNull()
        expect(await store.entries({ order: 'newest', limit: 10 })).toEqual({ items: [], nextCursor: null })
        expect(await store.customers({ limit: 10 })).toEqual({ items: [], nextCursor: null })
        expect(await store.catalog()).toBeNull()
        expect(await store.totals()).toEqual({ customers: 0, entries: 0 })
      })

      it('takes an empty batch', async () => {
        await store.transact([])
        expect(await store.totals()).toEqual({ customers: 0, entries: 0 })
      })
    })

    describe('a batch', () => {
      it('is written whole: customers, entries and operations', async () => {
        const ann = writing('ann', [created('ann'), granted(100n)])
        const bob = writing('bob', [created('bob')], { operation: operation('op-1', 'bob', { seq: 1 }) })
        await store.transact([ann.work, bob.work])
        await nowAndAfterReopening(async () => {
          expect(await store.customer('ann')).toEqual(ann.after())
          expect(await store.customer('bob')).toEqual(bob.after())
          expect(await store.entry('bob', 1)).toEqual(bob.entry())
          expect(await store.operation('op-1')).toEqual(operation('op-1', 'bob', { seq: 1 }))
          expect(await store.totals()).toEqual({ customers: 2, entries: 2 })
        })
      })

      it('decides each work on top of those before it', async () => {
        const seen: (number | null)[] = []
        const watched = (changes: readonly Change[]): Work => ({
          ...writing('ann', changes).work,
          run(state, known) {
            seen.push(state?.seq ?? null)
            return writing('ann', changes).work.run(state, known)
          },
        })
        await store.transact([watched([created('ann'), granted(10n)]), watched([used(1n)]), watched([used(2n)])])
        await store.transact([watched([used(3n)])])
        expect(seen).toEqual([null, 1, 2, 3])
        expect((await store.customer('ann'))?.grants[0]?.used).toBe(6n)
      })

      it('shows an operation to the works after it', async () => {
        const seen: (string | null)[] = []
        const looking = (status: Operation['status']): Work => ({
          customerId: 'ann',
          operationId: 'op',
          run(state, known) {
            seen.push(known?.status ?? null)
            return writing('ann', state ? [used(0n)] : [created('ann')], { operation: operation('op', 'ann', { status }) }).work.run(
              state,
              known,
            )
          },
        })
        await store.transact([looking('running'), looking('released')])
        await store.transact([looking('done')])
        expect(seen).toEqual([null, 'running', 'released'])
        await nowAndAfterReopening(async () => expect((await store.operation('op'))?.status).toBe('done'))
      })

      it('passes only the operation that a work names', async () => {
        await store.transact([writing('ann', [created('ann')], { operation: operation('op', 'ann') }).work])
        const seen: (Operation | null)[] = []
        await store.transact([
          reading('ann', null, (_, known) => seen.push(known)),
          reading('ann', 'other', (_, known) => seen.push(known)),
        ])
        expect(seen).toEqual([null, null])
      })

      it('writes nothing for a work without an effect', async () => {
        await store.transact([writing('ann', [created('ann')]).work])
        const before = await store.customer('ann')
        await store.transact([reading('ann', 'op', () => undefined), reading('nobody', 'op', () => undefined)])
        await nowAndAfterReopening(async () => {
          expect(await store.customer('ann')).toEqual(before)
          expect(await store.customer('nobody')).toBeNull()
          expect(await store.operation('op')).toBeNull()
          expect(await store.totals()).toEqual({ customers: 1, entries: 1 })
        })
      })

      it('keeps the customer as it was when an effect has no entry', async () => {
        await store.transact([writing('ann', [created('ann')]).work])
        const before = await store.customer('ann')
        await store.transact([{ customerId: 'ann', operationId: null, run: () => ({ state: null, entry: null, operation: null }) }])
        expect(await store.customer('ann')).toEqual(before)
      })

      it('writes an operation without an entry', async () => {
        const record = operation('op', 'ann', { result: 'kept' })
        await store.transact([{ customerId: 'ann', operationId: 'op', run: (state) => ({ state, entry: null, operation: record }) }])
        await nowAndAfterReopening(async () => expect(await store.operation('op')).toEqual(record))
      })

      it('leaves no trace when one of its works throws', async () => {
        await store.transact([writing('ann', [created('ann'), granted(10n)]).work])
        const before = await store.customer('ann')
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
        await expect(attempt(() => store.transact(batch))).rejects.toThrow('a mistake in a decision')
        await nowAndAfterReopening(async () => {
          expect(await store.customer('ann')).toEqual(before)
          expect(await store.customer('cid')).toBeNull()
          expect(await store.customer('dan')).toBeNull()
          expect(await store.operation('op')).toBeNull()
          expect(await store.totals()).toEqual({ customers: 1, entries: 1 })
        })
        await store.transact([writing('ann', [used(2n)]).work])
        expect((await store.customer('ann'))?.grants[0]?.used).toBe(2n)
      })

      it('refuses an entry that does not follow', async () => {
        await store.transact([writing('ann', [created('ann')]).work])
        const torn = (effect: (state: CustomerState) => Partial<Effect>): Work => ({
          customerId: 'ann',
          operationId: null,
          run(state) {
            const good = writing('ann', [used(0n)]).work.run(state, null)
            return { ...good, ...(state ? effect(state) : {}) }
          },
        })
        const entryOf = (customerId: string, seq: number): Entry => ({ customerId, seq, at: 0, operationId: null, changes: [used(0n)] })
        await expect(attempt(() => store.transact([torn(() => ({ entry: entryOf('ann', 3) }))]))).rejects.toThrow('does not follow')
        await expect(attempt(() => store.transact([torn(() => ({ entry: entryOf('bob', 2) }))]))).rejects.toThrow("'bob'")
        await expect(attempt(() => store.transact([torn((state) => ({ state }))]))).rejects.toThrow('without the state')
        expect(await store.totals()).toEqual({ customers: 1, entries: 1 })
      })

      it('takes a thousand works', async () => {
        const works = Array.from({ length: 1_000 }, (_, index) => {
          const id = `customer ${index % 250}`
          return { ...writing(id, []).work, run: counting(id) }
        })
        await store.transact(works)
        await nowAndAfterReopening(async () => {
          expect(await store.totals()).toEqual({ customers: 250, entries: 1_000 })
          expect((await store.customer('customer 249'))?.seq).toBe(4)
        })
      })
    })

    it('loses no update when batches overlap', async () => {
      const batches = Array.from({ length: 40 }, (_, index) => [
        { customerId: 'hot', operationId: null, run: counting('hot') },
        { customerId: `c${index % 7}`, operationId: null, run: counting(`c${index % 7}`) },
      ])
      await Promise.all(batches.map((batch) => attempt(() => store.transact(batch))))
      await nowAndAfterReopening(async () => {
        expect((await store.customer('hot'))?.seq).toBe(40)
        const { items } = await store.entries({ customerId: 'hot', order: 'oldest', limit: 100 })
        expect(items.map((entry) => entry.seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
        expect(await store.totals()).toEqual({ customers: 8, entries: 80 })
      })
    })

    describe('operations', () => {
      it('keep every field', async () => {
        const full = operation('full', 'ann', {
          status: 'done',
          holdId: 'hold-1',
          seq: 7,
          result: '{"text":"a \\u0000 ✓"}',
          at: 12,
          expiresAt: FAR,
        })
        const bare = operation('bare', 'ann', { status: 'running' })
        await store.transact([full, bare].map((record) => ({ customerId: 'ann', operationId: null, run: () => effectOf(record) })))
        await nowAndAfterReopening(async () => {
          expect(await store.operation('full')).toEqual(full)
          expect(await store.operation('bare')).toEqual(bare)
        })
      })

      it('are replaced by the last that was written', async () => {
        const record = (status: Operation['status']): Work => ({
          customerId: 'ann',
          operationId: 'op',
          run: () => effectOf(operation('op', 'ann', { status, seq: status === 'done' ? 2 : null })),
        })
        await store.transact([record('running')])
        await store.transact([record('done')])
        await nowAndAfterReopening(async () => expect(await store.operation('op')).toMatchObject({ status: 'done', seq: 2 }))
      })
    })

    describe('entries', () => {
      it('are paged from the oldest and from the newest, over all customers', async () => {
        await fillLedger()
        await nowAndAfterReopening(async () => {
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
        await nowAndAfterReopening(async () => {
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
        await nowAndAfterReopening(async () => {
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
        for (const at of times) await store.transact([{ customerId: 'ann', operationId: null, run: counting('ann', at) }])
        await nowAndAfterReopening(async () => {
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
            const first = await store.entries(query)
            await store.transact([{ customerId: 'ann', operationId: null, run: counting('ann') }])
            const second = await store.entries({ ...query, cursor: first.nextCursor ?? '' })
            expect([...first.items, ...second.items].map(placeOf)).toEqual(before.slice(0, 4).map(placeOf))
          }
        }
      })

      it('end with a null cursor when a page is exactly full', async () => {
        await fillLedger()
        expect((await store.entries({ order: 'oldest', limit: LEDGER.length })).nextCursor).toBeNull()
        expect((await store.entries({ order: 'oldest', limit: LEDGER.length - 1 })).nextCursor).not.toBeNull()
      })

      it('are found by number, whatever their age', async () => {
        await fillLedger()
        await nowAndAfterReopening(async () => {
          expect(await store.entry('ann', 1)).toMatchObject({ customerId: 'ann', seq: 1 })
          expect(await store.entry('ann', 4)).toMatchObject({ customerId: 'ann', seq: 4 })
          expect(await store.entry('ann', 5)).toBeNull()
          expect(await store.entry('ann', 0)).toBeNull()
        })
      })

      /** Twelve entries of three customers, one each ms from 1,000 on. */
      const fillLedger = async (): Promise<void> => {
        for (let index = 0; index < 12; index++) {
          const id = ['ann', 'bob', 'cid'][index % 3] ?? ''
          await store.transact([{ customerId: id, operationId: null, run: counting(id, 1_000 + index) }])
        }
      }
      const LEDGER = [1, 2, 3, 4].flatMap((seq) => ['ann', 'bob', 'cid'].map((id) => `${id} ${seq}`))
      const placeOf = ({ customerId, seq }: Entry): string => `${customerId} ${seq}`

      const entriesOf = async (query: Omit<EntryQuery, 'limit'>, limit: number): Promise<readonly Entry[]> => {
        const found: Entry[] = []
        for (let page = await store.entries({ ...query, limit }); ; ) {
          expect(page.items.length).toBeLessThanOrEqual(limit)
          found.push(...page.items)
          if (page.nextCursor === null) return found
          page = await store.entries({ ...query, limit, cursor: page.nextCursor })
        }
      }
    })

    describe('customers', () => {
      it('are listed newest first, or oldest first', async () => {
        await create('ann', 'bob', 'cid', 'dan', 'eve')
        await nowAndAfterReopening(async () => {
          for (const limit of [1, 2, 5, 100]) {
            expect(await idsOf({}, limit)).toEqual(['eve', 'dan', 'cid', 'bob', 'ann'])
            expect(await idsOf({ order: 'oldest' }, limit)).toEqual(['ann', 'bob', 'cid', 'dan', 'eve'])
          }
        })
      })

      it('come as they are now, in their place', async () => {
        await create('ann', 'bob')
        await store.transact([{ customerId: 'ann', operationId: null, run: counting('ann') }])
        await nowAndAfterReopening(async () => {
          const { items } = await store.customers({ limit: 10 })
          expect(items).toEqual([await store.customer('bob'), await store.customer('ann')])
          expect(items[1]?.seq).toBe(2)
        })
      })

      it('are found by id, name or email, in whatever case', async () => {
        await create('ann', 'bob', 'cid')
        await update('ann', { name: 'École Ωmega' })
        await update('bob', { email: 'Bob_100%@example.org' })
        await nowAndAfterReopening(async () => {
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
        await store.transact([writing('bob', [{ kind: 'customer_deleted' }]).work])
        await nowAndAfterReopening(async () => {
          expect(await idsOf({}, 1)).toEqual(['cid', 'ann'])
          expect(await idsOf({ search: 'bob' }, 1)).toEqual([])
          expect(await idsOf({ order: 'oldest', includeDeleted: true }, 1)).toEqual(['ann', 'bob', 'cid'])
          expect(await store.customer('bob')).toMatchObject({ id: 'bob', seq: 2 })
          expect((await store.customer('bob'))?.deletedAt).not.toBeNull()
          expect((await store.entries({ customerId: 'bob', order: 'oldest', limit: 10 })).items).toHaveLength(2)
        })
      })

      it('are listed again when created anew, their ledger going on', async () => {
        await create('ann')
        await store.transact([writing('ann', [{ kind: 'customer_deleted' }]).work])
        await store.transact([writing('ann', [created('ann', 'Ann again')]).work])
        await nowAndAfterReopening(async () => {
          expect(await idsOf({ search: 'again' }, 5)).toEqual(['ann'])
          expect(await store.customer('ann')).toMatchObject({ seq: 3, deletedAt: null })
          expect((await store.entries({ customerId: 'ann', order: 'oldest', limit: 10 })).items).toHaveLength(3)
        })
      })

      it('keep a cursor good while customers are added and deleted', async () => {
        await create('ann', 'bob', 'cid', 'dan')
        const first = await store.customers({ limit: 2 })
        await create('eve')
        await store.transact([writing('cid', [{ kind: 'customer_deleted' }]).work])
        const second = await store.customers({ limit: 2, cursor: first.nextCursor ?? '' })
        expect([...first.items, ...second.items].map((each) => each.id)).toEqual(['dan', 'cid', 'bob', 'ann'])
        expect(second.nextCursor).toBeNull()
      })

      const create = async (...ids: readonly string[]): Promise<void> => {
        for (const id of ids) await store.transact([writing(id, [created(id)]).work])
      }
      const update = async (id: string, fields: { readonly name?: string | null; readonly email?: string }): Promise<void> => {
        await store.transact([writing(id, [{ kind: 'customer_updated', fields }]).work])
      }
      const idsOf = async (query: Omit<CustomerQuery, 'limit'>, limit: number): Promise<readonly string[]> => {
        const found: string[] = []
        for (let page = await store.customers({ ...query, limit }); ; ) {
          found.push(...page.items.map((each) => each.id))
          if (page.nextCursor === null) return found
          page = await store.customers({ ...query, limit, cursor: page.nextCursor })
        }
      }
    })

    describe('the catalog', () => {
      it('is saved only over the version that was expected', async () => {
        const first = createCatalog(1, [FEATURE], [])
        const second = createCatalog(2, [FEATURE, { ...FEATURE, id: 'other' }], [])
        expect(await store.saveCatalog(first, 0)).toBe(true)
        expect(await store.saveCatalog(second, 0)).toBe(false)
        expect(await store.saveCatalog(second, 2)).toBe(false)
        expect(await store.catalog()).toEqual(first)
        expect(await store.saveCatalog(second, 1)).toBe(true)
        await nowAndAfterReopening(async () => expect(await store.catalog()).toEqual(second))
      })

      it('is saved by exactly one of those who are faster than each other', async () => {
        await store.saveCatalog(createCatalog(1, [], []), 0)
        const saves = Array.from({ length: 8 }, () => store.saveCatalog(createCatalog(2, [FEATURE], []), 1))
        expect((await Promise.all(saves)).filter(Boolean)).toHaveLength(1)
      })
    })

    it.each(HOSTILE_IDS)('keeps apart ids that are hostile: %s', async (_, id, neighbour) => {
      const batch = [id, neighbour].map((each) => {
        const named = { operation: operation(each, each, { fingerprint: each, result: each }) }
        return writing(each, [created(each, each), granted(5n)], named).work
      })
      await store.transact(batch)
      await store.transact([writing(id, [used(1n)]).work])
      await nowAndAfterReopening(async () => {
        for (const each of [id, neighbour]) {
          expect(await store.customer(each)).toMatchObject({ id: each, name: each, seq: each === id ? 2 : 1 })
          expect(await store.operation(each)).toMatchObject({ id: each, customerId: each, fingerprint: each, result: each })
          const { items } = await store.entries({ customerId: each, order: 'oldest', limit: 10 })
          expect(items).toHaveLength(each === id ? 2 : 1)
          expect(items[0]).toMatchObject({ customerId: each, operationId: each })
        }
        expect((await store.customers({ limit: 10 })).items.map((each) => each.id)).toEqual([neighbour, id])
        expect(await store.totals()).toEqual({ customers: 2, entries: 3 })
      })
    })

    it('keeps amounts exact, however large or fine', async () => {
      const amounts = [1n, -1n, 2n ** 63n, -(2n ** 64n) - 1n, 10n ** 40n + 1n, 9_007_199_254_740_993n]
      for (const amount of amounts)
        await store.transact([writing(`c${amount}`, [created(`c${amount}`), granted(amount), used(amount)]).work])
      await nowAndAfterReopening(async () => {
        for (const amount of amounts) {
          const state = await store.customer(`c${amount}`)
          expect(state?.grants[0]).toMatchObject({ granted: amount, used: amount })
          const entry = await store.entry(`c${amount}`, 1)
          expect(entry && applyEntry(null, entry)).toEqual(state)
        }
      })
    })

    it('answers states that equal the fold of their entries', async () => {
      const steps = [[created('ann'), granted(50n)], [used(3n)], [{ kind: 'clock_moved', offsetMs: 1_000 }], [used(4n)]] as const
      for (const step of steps) await store.transact([writing('ann', step).work])
      await nowAndAfterReopening(async () => {
        const { items } = await store.entries({ customerId: 'ann', order: 'oldest', limit: 10 })
        expect(items.reduce<CustomerState | null>(applyEntry, null)).toEqual(await store.customer('ann'))
      })
    })

    it('forgets nothing over many openings', async ({ skip }) => {
      skip(place.forgetful !== undefined, place.forgetful)
      for (let round = 1; round <= 4; round++) {
        await store.transact([{ customerId: 'ann', operationId: null, run: counting('ann') }])
        await reopen()
        expect((await store.customer('ann'))?.seq).toBe(round)
      }
    })
  })
}

const FAR = 4_102_444_800_000
const FEATURE = {
  id: 'messages',
  name: 'Messages',
  type: 'metered',
  consumable: true,
  eventNames: ['sent'],
  costs: [{ featureId: 'messages', cost: 12_345_678_901_234_567_890n }],
  display: null,
  archived: false,
} as const

/** Each beside a neighbour that a careless store would take for the same. */
const HOSTILE_IDS: readonly (readonly [string, string, string])[] = [
  ['quotes', `a'b"c\`; DROP TABLE customers; --`, `a''b"c\`; DROP TABLE customers; --`],
  ['a NUL', 'a\0b', 'a\0c'],
  ['only a NUL', '\0', '\0\0'],
  ['a backslash', 'a\\0b', 'a\\\\0b'],
  ['accents composed and not', 'é', 'e\u0301'],
  ['emoji', '👩‍🚀', '👨‍🚀'],
  ['halves of a surrogate pair', '\ud800', '\ud801'],
  ['__proto__', '__proto__', 'constructor'],
  ['case', 'Ann', 'ann'],
  ['spaces', 'ann', 'ann '],
  ['numbers', '1', '01'],
  ['10,000 characters', `${'x'.repeat(9_999)}a`, `${'x'.repeat(9_999)}b`],
  ['10,000 varied characters', varied(1), varied(2)],
]

/** Ten thousand characters that no compression makes short. */
function varied(seed: number): string {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state
  }
  return Array.from({ length: 10_000 }, () => String.fromCodePoint(0x4e00 + (next() % 20_000))).join('')
}

/** Turns a synchronous throw into a rejection: a store may do either. */
async function attempt<T>(act: () => T | Promise<T>): Promise<T> {
  return act()
}

interface Writing {
  readonly work: Work
  /** The customer after the last run. */
  after(): CustomerState | null
  /** The entry of the last run. */
  entry(): Entry | null
}

/** A work that records changes in one entry. */
function writing(
  customerId: string,
  changes: readonly Change[],
  also: { readonly operation?: Operation; readonly at?: number } = {},
): Writing {
  let effect: Effect = { state: null, entry: null, operation: null }
  const run = (state: CustomerState | null): Effect => {
    const { operation = null, at = 1_000 } = also
    const entry: Entry = { customerId, seq: (state?.seq ?? 0) + 1, at, operationId: operation?.id ?? null, changes }
    effect = { state: applyEntry(state, entry), entry, operation }
    return effect
  }
  return { work: { customerId, operationId: also.operation?.id ?? null, run }, after: () => effect.state, entry: () => effect.entry }
}

/** Creates the customer on its first run and uses one unit on each later one. */
function counting(customerId: string, at = 1_000): Work['run'] {
  return (state, known) => writing(customerId, state ? [used(1n)] : [created(customerId), granted(1_000n)], { at }).work.run(state, known)
}

function reading(
  customerId: string,
  operationId: string | null,
  look: (state: CustomerState | null, operation: Operation | null) => void,
): Work {
  return {
    customerId,
    operationId,
    run(state, known) {
      look(state, known)
      return { state, entry: null, operation: null }
    },
  }
}

function effectOf(record: Operation): Effect {
  return { state: null, entry: null, operation: record }
}

function operation(id: string, customerId: string, fields: Partial<Operation> = {}): Operation {
  return {
    id,
    customerId,
    fingerprint: 'input',
    status: 'done',
    holdId: null,
    seq: null,
    result: null,
    at: 1_000,
    expiresAt: FAR,
    ...fields,
  }
}

function created(id: string, name: string | null = null): Change {
  const fields = { name, email: null, fingerprint: null, metadata: { ['a "key"']: [1, null] }, sendEmailReceipts: false }
  return { kind: 'customer_created', customer: { id, ...fields, controls: NO_CONTROLS, createdAt: 1_000, clockOffsetMs: 0 } }
}

function granted(amount: bigint): Change {
  return { kind: 'granted', grant: { ...GRANT, included: amount, granted: amount } }
}

function used(amount: bigint): Change {
  const payment = { grantId: GRANT.id, planId: null, rolloverId: null, cycle: 0, poolId: GRANT.featureId, amount, cost: 10_000_000_000n }
  const use = {
    featureId: GRANT.featureId,
    entityId: null,
    units: amount,
    payments: [payment],
    eventName: null,
    properties: null,
    timestamp: null,
  }
  return { kind: 'used', use }
}

const GRANT: Grant = {
  id: 'grant-1',
  featureId: 'messages',
  planId: null,
  subscriptionId: null,
  itemId: null,
  entityId: null,
  perEntity: false,
  flag: false,
  unlimited: false,
  included: 0n,
  prepaid: 0n,
  interval: { unit: 'month', count: 1 },
  anchorAt: 0,
  nextResetAt: 2_678_400_000,
  expiresAt: null,
  createdAt: 0,
  addOn: false,
  overage: { max: 7n },
  rollover: null,
  price: { amount: 0.1 },
  cycle: 0,
  granted: 0n,
  used: 0n,
  held: 0n,
  rollovers: [],
}
