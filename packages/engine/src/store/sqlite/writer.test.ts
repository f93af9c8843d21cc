import { join } from 'node:path'
import { expect, it } from 'vitest'
import { counting, operation, reading } from '../contract/works.fixture.ts'
import { StoreUnavailableError, type Work } from '../store.ts'
import { temporaryFolder } from './folder.fixture.ts'
import { findResident } from './memory.ts'
import { openParts } from './parts.fixture.ts'
import type { Transactions } from './transactions.ts'
import { createWriter } from './writer.ts'

const use = (id: string): Work => ({ customerId: id, operationId: null, run: counting(id) })
const remember = (id: string): Work => ({
  customerId: 'ann',
  operationId: id,
  run: (state) => ({ state, entry: null, operation: operation(id, 'ann') }),
})

it('waits for the disk unless every work of the batch is content with less', () => {
  const { database, memory, transactions } = openParts(join(temporaryFolder(), 'usage.db'))
  const ran: string[] = []
  const noting = (how: keyof Transactions) => (write: () => void) => {
    ran.push(how)
    transactions[how](write)
  }
  const write = createWriter(memory, { durable: noting('durable'), lazy: noting('lazy') })
  const work = (relaxed?: boolean): Work => ({ ...reading('acme', null, () => undefined), ...(relaxed !== undefined && { relaxed }) })
  write([work(true), work(true)])
  write([work(true), work(false)])
  write([work()])
  expect(ran).toEqual(['lazy', 'durable', 'durable'])
  database.close()
})

it('finds out how a commit ended that failed', () => {
  const { database, memory, transactions } = openParts(join(temporaryFolder(), 'usage.db'))
  let lost = false
  const write = createWriter(memory, {
    ...transactions,
    durable(act) {
      transactions.durable(act)
      if (lost) throw new StoreUnavailableError('the answer of the disk was lost', 'unknown')
    },
  })
  write([use('ann')])
  lost = true
  expect(() => write([use('ann'), use('bob'), remember('operation')])).toThrow('lost')
  lost = false
  write([use('ann'), use('bob')])
  expect(findResident(memory, 'ann')?.state.seq).toBe(3)
  expect(findResident(memory, 'bob')?.state.seq).toBe(2)
  expect(memory.operationIndex.find('operation')).not.toBeNull()
  expect(memory.entries.last).toBe(5)
  database.close()
})
