import { describe, expect, it } from 'vitest'
import type { Operation } from '../../core/command.ts'
import type { Work } from '../store.ts'
import type { UnderTest } from './underTest.fixture.ts'
import { effectOf, FAR, operation } from './works.fixture.ts'

/** What is remembered of operation ids. */
export function describeOperations(under: UnderTest): void {
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
      await under.store.transact([full, bare].map((record) => ({ customerId: 'ann', operationId: null, run: () => effectOf(record) })))
      await under.nowAndAfterReopening(async () => {
        expect(await under.store.operation('full')).toEqual(full)
        expect(await under.store.operation('bare')).toEqual(bare)
      })
    })

    it('are replaced by the last that was written', async () => {
      const record = (status: Operation['status']): Work => ({
        customerId: 'ann',
        operationId: 'op',
        run: () => effectOf(operation('op', 'ann', { status, seq: status === 'done' ? 2 : null })),
      })
      await under.store.transact([record('running')])
      await under.store.transact([record('done')])
      await under.nowAndAfterReopening(async () => expect(await under.store.operation('op')).toMatchObject({ status: 'done', seq: 2 }))
    })

    it('are listed, of one customer or of all, each id once', async () => {
      const owners = ['ann', 'bob', 'ann', '', 'cid', 'ann']
      const record = (index: number, fields: Partial<Operation> = {}): Operation => operation(`op-${index}`, owners[index] ?? '', fields)
      const writing = (written: Operation): Work => ({ customerId: written.customerId, operationId: null, run: () => effectOf(written) })
      await under.store.transact(owners.map((_, index) => writing(record(index, { status: 'running' }))))
      await under.store.transact([writing(record(2)), writing(record(4))])
      const expected = owners.map((_, index) => record(index, index === 2 || index === 4 ? {} : { status: 'running' }))
      await under.nowAndAfterReopening(async () => {
        for (const limit of [1, 2, 6, 100]) {
          expect(sorted(await operationsOf({}, limit))).toEqual(expected)
          expect(sorted(await operationsOf({ customerId: 'ann' }, limit))).toEqual(expected.filter((each) => each.customerId === 'ann'))
          expect(await operationsOf({ customerId: 'nobody' }, limit)).toEqual([])
        }
      })
    })

    const sorted = (operations: readonly Operation[]): readonly Operation[] => [...operations].sort((a, b) => (a.id < b.id ? -1 : 1))
    const operationsOf = async (query: { readonly customerId?: string }, limit: number): Promise<readonly Operation[]> => {
      const found: Operation[] = []
      for (let page = await under.store.operations({ ...query, limit }); ; ) {
        found.push(...page.items)
        if (page.nextCursor === null) return found
        page = await under.store.operations({ ...query, limit, cursor: page.nextCursor })
      }
    }
  })
}
