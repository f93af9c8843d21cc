import type { Amount } from './amount.ts'
import { ConservationError, faultOf } from './conservation.ts'
import type { CustomerState } from './customer.ts'
import type { Change, Entry } from './entry.ts'
import { evolve } from './evolve.ts'
import { type Grant, isLive, remainingOf } from './grant.ts'
import type { Payment } from './hold.ts'

/** What became of a grant's units over its whole life, all cycles together: granted = remaining + used + held + expired. */
export interface GrantAccount {
  readonly granted: Amount
  readonly used: Amount
  readonly held: Amount
  /** Units that nobody used in time; negative when an overdraft was forgiven, or an unlimited grant closed. */
  readonly expired: Amount
}

/** A customer's ledger, re-derived entry by entry. */
export interface Audit {
  /** The customer as of the last entry; null before the first. */
  readonly state: CustomerState | null
  /** By grant id, those of grants that are gone included. */
  readonly accounts: ReadonlyMap<string, GrantAccount>
  /** Adds the next entry. Throws a `ConservationError` that names it when it does not follow the others, or makes or loses units. */
  add(entry: Entry): void
}

/**
 * Starts to audit one customer's ledger from its first entry.
 *
 * Two accounts are kept and compared after every entry: the customer's state, which is a fold of the changes, and the life of each grant,
 * which adds up what the same changes say was granted, used, held and expired.
 */
export function createAudit(): Audit {
  const accounts = new Map<string, GrantAccount>()
  let state: CustomerState | null = null

  const book: Book = (grantId, moved) => {
    const { granted, used, held, expired } = accounts.get(grantId) ?? NOTHING
    accounts.set(grantId, {
      granted: granted + (moved.granted ?? 0n),
      used: used + (moved.used ?? 0n),
      held: held + (moved.held ?? 0n),
      expired: expired + (moved.expired ?? 0n),
    })
  }

  return {
    get state() {
      return state
    },
    accounts,
    add(entry) {
      const fail = (fault: string): never => {
        throw new ConservationError(`customer '${entry.customerId}', entry ${entry.seq}: ${fault}`)
      }
      if (entry.seq !== (state?.seq ?? 0) + 1) fail(`it does not follow entry ${state?.seq ?? 0}`)
      let after = state
      for (const change of entry.changes) {
        if (after !== null) bookChange(book, after, change)
        after = evolve(after, change, entry.at)
      }
      if (after === null) return fail('it changes nothing')
      const fault = faultOf(after) ?? faultOfAccounts(accounts, after)
      if (fault !== null) fail(fault)
      state = { ...after, seq: entry.seq }
    },
  }
}

type Book = (grantId: string, moved: Partial<GrantAccount>) => void

const NOTHING: GrantAccount = { granted: 0n, used: 0n, held: 0n, expired: 0n }

/** Books what a change says of the units of each grant; `state` is the customer before it. */
function bookChange(book: Book, state: CustomerState, change: Change): void {
  switch (change.kind) {
    case 'granted':
      book(change.grant.id, { granted: change.grant.granted, used: change.grant.used })
      return
    case 'adjusted': {
      const before = state.grants.find((grant) => grant.id === change.grant.id)
      if (before === undefined) return
      book(before.id, { granted: change.grant.granted - before.granted, used: usedOf(change.grant) - usedOf(before) })
      return
    }
    case 'reset':
      book(change.grantId, { granted: change.granted, expired: change.expired })
      return
    case 'rollover_expired':
    case 'closed':
      book(change.grantId, { expired: change.expired })
      return
    case 'used':
    case 'refunded':
      for (const { grantId, amount } of change.use.payments) book(grantId, { used: amount })
      return
    case 'held':
      for (const { grantId, amount } of change.hold.items.flatMap((item) => item.payments)) book(grantId, { held: amount })
      return
    case 'hold_extended':
      for (const { grantId, amount } of change.items.flatMap((item) => item.payments)) book(grantId, { held: amount })
      return
    case 'settled':
      for (const { kept, returned, extra } of change.settlement.items) {
        for (const { grantId, amount } of kept) book(grantId, { held: -amount, used: amount })
        // What was held of a cycle that has ended, or of a grant that is gone, does not come back to anyone.
        for (const payment of returned) {
          book(payment.grantId, { held: -payment.amount, ...(isSpendableAgain(state, payment) ? {} : { expired: payment.amount }) })
        }
        for (const { grantId, amount } of extra) book(grantId, { used: amount })
      }
      return
    case 'customer_deleted':
      for (const grant of state.grants) book(grant.id, { expired: leftOf(grant) })
      for (const { grantId, amount } of state.holds.flatMap((hold) => hold.items.flatMap((item) => item.payments)))
        book(grantId, { held: -amount, expired: amount })
      return
    default:
  }
}

function faultOfAccounts(accounts: ReadonlyMap<string, GrantAccount>, state: CustomerState): string | null {
  const live = new Map(state.grants.map((grant) => [grant.id, grant]))
  for (const [grantId, { granted, used, held, expired }] of accounts) {
    const grant = live.get(grantId)
    const remaining = grant ? leftOf(grant) : 0n
    if (granted !== remaining + used + held + expired)
      return `grant '${grantId}': granted ${granted} is not remaining ${remaining} + used ${used} + held ${held} + expired ${expired}`
  }
  return null
}

function isSpendableAgain(state: CustomerState, payment: Payment): boolean {
  return state.grants.some((grant) => isLive(payment, grant))
}

function leftOf(grant: Grant): Amount {
  return grant.rollovers.reduce((sum, rollover) => sum + remainingOf(rollover), remainingOf(grant))
}

function usedOf(grant: Grant): Amount {
  return grant.rollovers.reduce((sum, rollover) => sum + rollover.used, grant.used)
}
