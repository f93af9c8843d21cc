import { expect, it } from 'vitest'
import type { Work } from '../store.ts'
import type { Memory } from './memory.ts'
import { createWriter } from './writer.ts'

it('waits for the disk unless every work of the batch is content with less', () => {
  const ran: string[] = []
  const run = (how: string) => (write: () => void) => {
    ran.push(how)
    write()
  }
  // The works touch nobody: of the memory only the ends of the ledger are looked at.
  const ends = { entries: { last: 0 }, operations: { last: 0 }, residents: { get: () => null }, customers: { find: () => null } }
  const write = createWriter(ends as unknown as Memory, { durable: run('durable'), lazy: run('lazy') })
  const work = (relaxed?: boolean): Work => ({
    customerId: 'acme',
    operationId: null,
    ...(relaxed !== undefined && { relaxed }),
    run: (state) => ({ state, entry: null, operation: null }),
  })
  write([work(true), work(true)])
  write([work(true), work(false)])
  write([work()])
  expect(ran).toEqual(['lazy', 'durable', 'durable'])
})
