import type { Customer } from 'autumn-js'
import type { Caller } from '../backend.ts'
import { errorOf } from './fault.ts'
import type { Answer, Sdk } from './sdk.ts'

/** Creates customers on first sight, once, however many calls find them missing. */
export interface Customers {
  /** The customer as it stands, created if need be. */
  read(caller: Caller): Promise<Answer<Customer>>
  /** Makes a call, and once more after creating its customer when Autumn does not know it. */
  withCustomer<T>(caller: Caller, call: () => Promise<Answer<T>>): Promise<Answer<T>>
}

export function createCustomers(sdk: Sdk): Customers {
  const creating = new Map<string, Promise<Answer<Customer>>>()

  const read = ({ customerId, name, email }: Caller): Promise<Answer<Customer>> =>
    sdk((autumn, request) =>
      autumn.customers.getOrCreate({ customerId, ...(name !== undefined && { name }), ...(email !== undefined && { email }) }, request),
    )

  const create = (caller: Caller): Promise<Answer<Customer>> => {
    const { customerId } = caller
    const running = creating.get(customerId)
    if (running) return running
    const created = read(caller).finally(() => creating.delete(customerId))
    creating.set(customerId, created)
    return created
  }

  return {
    read,
    async withCustomer(caller, call) {
      const first = await call()
      if (first.ok || first.fault.kind !== 'refused' || first.fault.code !== 'customer_not_found') return first
      const created = await create(caller)
      if (!created.ok) throw errorOf(created.fault)
      return call()
    },
  }
}
