import type { CustomerState } from '../../core/customer.ts'

/** A customer in memory. */
export interface Resident {
  readonly id: string
  /** The position of the customer's first entry: names the customer in folded tables. */
  readonly number: number
  /** As of the last entry that was recorded. */
  state: CustomerState
  /** The entry up to which the customer's state was saved; 0 when it never was. */
  savedSeq: number
}

/** How many entries have to be read, beside the saved state, to bring the customer back into memory. */
export function unsavedEntries({ state, savedSeq }: Resident): number {
  return state.seq - savedSeq
}
