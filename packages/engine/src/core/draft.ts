import type { Catalog } from './catalog.ts'
import type { CustomerState } from './customer.ts'
import type { Change } from './entry.ts'
import { evolve } from './evolve.ts'

/** What a decision may know beside the customer: the time, the catalog, and fresh ids. All come in from outside, so that deciding stays pure. */
export interface Moment {
  /** The customer's time in ms since the epoch. */
  readonly now: number
  readonly catalog: Catalog
  /** Makes an id that nothing else has. */
  readonly newId: (prefix: string) => string
}

/** A decision in the making: the changes so far, and the state they lead to. */
export interface Draft {
  readonly moment: Moment
  readonly changes: Change[]
  state: CustomerState
}

export function draftOf(state: CustomerState, moment: Moment): Draft {
  return { state, moment, changes: [] }
}

/** Adds a change to the draft and folds it in. */
export function change(draft: Draft, next: Change): void {
  draft.state = evolve(draft.state, next, draft.moment.now)
  draft.changes.push(next)
}
