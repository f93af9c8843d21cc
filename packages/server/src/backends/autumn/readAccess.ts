import type { CustomerAccess } from '@tollgate/features'
import type { Outbox } from '../../outbox/outbox.ts'
import type { OutboxStore } from '../../outbox/outboxStore.ts'
import type { Caller } from '../backend.ts'
import type { AccessBook } from './accessBook.ts'
import type { Holdings } from './accessOf.ts'
import type { Customers } from './customers.ts'
import { errorOf } from './fault.ts'
import type { Answer, Sdk } from './sdk.ts'

export interface AccessReaderOptions {
  readonly sdk: Sdk
  readonly customers: Customers
  readonly book: AccessBook
  readonly outbox: Outbox
  readonly store: OutboxStore
}

/** Reads what a customer has from Autumn; readers of the same customer at the same time share the answer. */
export function accessReader({ sdk, customers, book, outbox, store }: AccessReaderOptions): (caller: Caller) => Promise<CustomerAccess> {
  const reading = new Map<string, Promise<CustomerAccess>>()

  const holdingsOf = async (caller: Caller): Promise<Answer<Holdings>> => {
    const { customerId, entityId } = caller
    if (entityId === null) return customers.read(caller)
    const entity = await customers.withCustomer(caller, () =>
      sdk((autumn, request) => autumn.entities.get({ customerId, entityId }, request)),
    )
    // A customer's own balances are what an unknown part of it falls back on.
    return !entity.ok && entity.fault.kind === 'refused' && entity.fault.code === 'entity_not_found' ? customers.read(caller) : entity
  }

  const read = async (caller: Caller): Promise<CustomerAccess> => {
    // What this process has done is told first, so that it reads what it wrote.
    if (await store.hasPending(caller.customerId)) await soon(outbox.idle())
    const finish = book.startRead(caller)
    const answer = await holdingsOf(caller)
    if (!answer.ok) throw errorOf(answer.fault)
    return finish(answer.value)
  }

  return (caller) => {
    const key = JSON.stringify([caller.customerId, caller.entityId])
    const running = reading.get(key)
    if (running) return running
    const answer = read(caller).finally(() => reading.delete(key))
    reading.set(key, answer)
    return answer
  }
}

/** What waits for Autumn is not waited for long: an outage would keep it. */
const SOON_MS = 200

function soon(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, SOON_MS)
    void work.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
