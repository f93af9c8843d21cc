import { advance } from './advance.ts'
import type { Answers, AnswerTo, Command, Refusal } from './command.ts'
import { NO_CONTROLS } from './controls.ts'
import type { CustomerState } from './customer.ts'
import { decideCreateBalance, decideDeleteBalance, decideUpdateBalance } from './decide/balance.ts'
import { decideCheck } from './decide/check.ts'
import { decideCreateEntity, decideDeleteEntity, decideUpdateEntity } from './decide/customer.ts'
import { decideCommit, decideExtend, decideRelease, decideReserve } from './decide/hold.ts'
import { decideAttach, decideCancel } from './decide/plan.ts'
import { decideRefund } from './decide/refund.ts'
import { decideTrack } from './decide/track.ts'
import { change, type Draft, draftOf, type Moment } from './draft.ts'
import type { Change, NewCustomer } from './entry.ts'
import { evolve } from './evolve.ts'
import { assertValid } from './invalidCommand.ts'
import { startAutoEnabledPlans } from './plans.ts'

export interface Decided<TAnswer> {
  readonly answer: TAnswer
  /** What the command changes, in order; empty when it changes nothing. */
  readonly changes: readonly Change[]
  /** The customer after the changes; null when there is none and none was created. */
  readonly state: CustomerState | null
}

/** What a new customer starts with. Undefined fields are empty. */
export interface CustomerSeed {
  readonly id: string
  readonly name?: string | null | undefined
  readonly email?: string | null | undefined
  readonly fingerprint?: string | null | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  readonly sendEmailReceipts?: boolean | undefined
}

/**
 * Decides one command against one customer: what it changes and what it answers.
 *
 * One function decides checks, uses, holds and their ends, so that a check and the deduction it announces never disagree. Time passes
 * first: resets and expiries that fell due become part of the changes. A command that is refused changes nothing at all, and neither does a
 * check: what fell due is worked out again by the next command. Only a customer that is created on the way stays created.
 *
 * @param create what to create the customer from when it does not exist; null to answer `customer_not_found`.
 */
export function decide<TCommand extends Command>(
  state: CustomerState | null,
  command: TCommand,
  moment: Moment,
  customerId: string,
  create: CustomerSeed | null,
): Decided<AnswerTo<TCommand>> {
  const draft = state === null ? draftOfNew(create, moment) : draftOf(state, moment)
  if (draft === null)
    return { answer: { ok: false, code: 'customer_not_found', customerId, customer: null } satisfies Refusal, changes: [], state: null }
  const birth = state === null ? { changes: [...draft.changes], state: draft.state } : { changes: [], state }
  advance(draft)
  assertValid(command, draft.state, moment.now)
  // `dispatch` switches on the kind, which ties each command to its answer; the compiler cannot follow that through the type parameter.
  const answer = dispatch(draft, command) as AnswerTo<TCommand>
  return answer.ok && command.kind !== 'check' ? { answer, changes: draft.changes, state: draft.state } : { answer, ...birth }
}

/** The customer as of now, with what time has changed since the last entry. For reading; nothing is recorded. */
export function present(state: CustomerState, moment: Moment): CustomerState {
  if (state.dueAt > moment.now) return state
  const draft = draftOf(state, moment)
  advance(draft)
  return draft.state
}

function dispatch(draft: Draft, command: Command): Answers[keyof Answers] | Refusal {
  switch (command.kind) {
    case 'check':
      return decideCheck(draft, command)
    case 'track':
      return decideTrack(draft, command)
    case 'reserve':
      return decideReserve(draft, command)
    case 'extend':
      return decideExtend(draft, command)
    case 'commit':
      return decideCommit(draft, command)
    case 'release':
      return decideRelease(draft, command)
    case 'refund':
      return decideRefund(draft, command)
    case 'create_entity':
      return decideCreateEntity(draft, command)
    case 'update_entity':
      return decideUpdateEntity(draft, command)
    case 'delete_entity':
      return decideDeleteEntity(draft, command)
    case 'attach':
      return decideAttach(draft, command)
    case 'cancel':
      return decideCancel(draft, command)
    case 'create_balance':
      return decideCreateBalance(draft, command)
    case 'update_balance':
      return decideUpdateBalance(draft, command)
    case 'delete_balance':
      return decideDeleteBalance(draft, command)
    case 'update_customer':
      change(draft, { kind: 'customer_updated', fields: command.fields })
      return { ok: true, customer: draft.state }
    case 'move_clock':
      change(draft, { kind: 'clock_moved', offsetMs: command.offsetMs })
      return { ok: true, customer: draft.state }
    case 'delete_customer':
      change(draft, { kind: 'customer_deleted' })
      return { ok: true, customer: draft.state }
    case 'touch':
      return { ok: true, customer: draft.state }
  }
}

function draftOfNew(seed: CustomerSeed | null, moment: Moment): Draft | null {
  if (seed === null) return null
  const customer: NewCustomer = {
    id: seed.id,
    name: seed.name ?? null,
    email: seed.email ?? null,
    fingerprint: seed.fingerprint ?? null,
    metadata: seed.metadata ?? {},
    sendEmailReceipts: seed.sendEmailReceipts ?? false,
    controls: NO_CONTROLS,
    createdAt: moment.now,
    clockOffsetMs: 0,
  }
  const created: Change = { kind: 'customer_created', customer }
  const draft: Draft = { state: evolve(null, created, moment.now), moment, changes: [created] }
  startAutoEnabledPlans(draft)
  return draft
}
