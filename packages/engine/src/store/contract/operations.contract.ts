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
  })
}
