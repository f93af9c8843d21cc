import type { CustomerState } from '../../core/customer.ts'

/** A customer in memory. */
export interface Resident {
  readonly id: string
  /** The position of the customer's first entry: names the customer in folded tables. */
  readonly number: number
  /** As of the last entry that was recorded. */
  state: CustomerState
  /** The customer's newest entries: those that were not folded yet, without a gap up to `state.seq`. */
  readonly unfolded: UnfoldedEntry[]
}

export interface UnfoldedEntry {
  readonly at: number
  readonly position: number
}

/** The number of the first entry that was not folded. */
export function firstUnfolded(resident: Resident): number {
  return resident.state.seq - resident.unfolded.length + 1
}
