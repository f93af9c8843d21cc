import type { CustomerState } from '../core/customer.ts'
import type { Effect, Work } from './store.ts'

/** Refuses an effect that would tear a customer's ledger: an entry of another customer, out of turn, or apart from the state it leads to. */
export function assertFollows({ customerId }: Work, before: CustomerState | null, { entry, state }: Effect): void {
  if (entry === null) return
  if (entry.customerId !== customerId) throw new Error(`an entry of customer '${entry.customerId}' was decided for '${customerId}'`)
  const last = before?.seq ?? 0
  if (entry.seq !== last + 1) throw new Error(`entry ${entry.seq} of customer '${customerId}' does not follow entry ${last}`)
  if (state?.seq !== entry.seq) throw new Error(`entry ${entry.seq} of customer '${customerId}' came without the state it leads to`)
}
