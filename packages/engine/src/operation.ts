import type { AnswerTo, Command, Operation } from './core/command.ts'
import type { CustomerState } from './core/customer.ts'
import type { OperationRef } from './core/hold.ts'
import type { Work } from './store/store.ts'

/** Why an operation id may not begin again; null when it may. */
export function standingOf(
  known: Operation | null,
  asked: OperationRef & { readonly reusable?: boolean },
  customerId: string,
  customer: CustomerState | null,
  now: number,
): 'operation_conflict' | 'operation_running' | 'operation_done' | null {
  if (known === null || known.status === 'released') return null
  const isOther = known.customerId !== customerId || known.fingerprint !== asked.fingerprint
  if (known.status === 'running') {
    // A hold that ended by itself leaves its operation unfinished: the same call may try again.
    const isRunning = known.customerId === customerId ? hasHold(customer, known.holdId) : known.expiresAt > now
    if (!isRunning) return null
    return isOther && !asked.reusable ? 'operation_conflict' : 'operation_running'
  }
  if (asked.reusable || known.expiresAt <= now) return null
  return isOther ? 'operation_conflict' : 'operation_done'
}

export interface OperationOptions {
  readonly operation?: OperationRef
  readonly result?: string
}

/** The record that a decided command leaves of its operation; null when it belongs to none. */
export function operationAfter<TCommand extends Command>(
  answer: AnswerTo<TCommand>,
  command: Command,
  customerId: string,
  options: OperationOptions,
  before: CustomerState | null,
  { seq, at, ttlMs }: { readonly seq: number; readonly at: number; readonly ttlMs: number },
): Operation | null {
  if (!answer.ok) return null
  const settles = command.kind === 'extend' || command.kind === 'commit' || command.kind === 'release'
  const ref = settles ? before?.holds.find((hold) => hold.id === command.holdId)?.operation : options.operation
  if (!ref) return null
  const base = { id: ref.id, customerId, fingerprint: ref.fingerprint, result: options.result ?? null, at, expiresAt: at + ttlMs }
  switch (command.kind) {
    case 'reserve':
    case 'extend':
      return { ...base, status: 'running', holdId: command.holdId, seq: null, expiresAt: endOfHold(answer.customer, command.holdId) }
    case 'commit':
      return { ...base, status: 'done', holdId: command.holdId, seq }
    case 'release':
      return { ...base, status: 'released', holdId: command.holdId, seq }
    default:
      return { ...base, status: 'done', holdId: null, seq }
  }
}

/** When a hold ends, in real time: an operation runs no longer than its hold. */
function endOfHold(customer: CustomerState | null, holdId: string): number {
  const expiresAt = customer?.holds.find((hold) => hold.id === holdId)?.expiresAt ?? 0
  return expiresAt - (customer?.clockOffsetMs ?? 0)
}

/** The record of an id that was used up. */
export function claimedOperation(ref: OperationRef, customerId: string, result: string | null, at: number, ttlMs: number): Operation {
  return {
    id: ref.id,
    customerId,
    fingerprint: ref.fingerprint,
    status: 'done',
    holdId: null,
    seq: null,
    result,
    at,
    expiresAt: at + ttlMs,
  }
}

interface ClaimedWith<TAnswer> extends OperationRef {
  readonly result?: (answer: TAnswer) => string
}

/** The works that stand around a command's own in its transaction: before it the claims are read, after it those that were granted are written. */
export interface ClaimWorks<TAnswer> {
  readonly reads: readonly Work[]
  readonly writes: readonly Work[]
  /** What is known of a claim that was used up before; null when all are free. */
  used(): Operation | null
  /** Takes note that the command succeeded, so that the claims are written. */
  grant(answer: TAnswer): void
}

const NO_CLAIMS: ClaimWorks<unknown> = { reads: [], writes: [], used: () => null, grant: () => undefined }

export function claimWorks<TAnswer>(
  claims: readonly ClaimedWith<TAnswer>[] | undefined,
  customerId: string,
  clock: () => number,
  ttlMs: number,
): ClaimWorks<TAnswer> {
  if (claims === undefined || claims.length === 0) return NO_CLAIMS
  const known = new Map<string, Operation>()
  const granted = new Map<string, Operation>()
  return {
    reads: claims.map(({ id }) => ({
      customerId,
      operationId: id,
      run(state, operation) {
        granted.delete(id)
        if (operation !== null && operation.expiresAt > clock()) known.set(id, operation)
        else known.delete(id)
        return { state, entry: null, operation: null }
      },
    })),
    writes: claims.map(({ id }) => ({
      customerId,
      operationId: id,
      run: (state) => ({ state, entry: null, operation: granted.get(id) ?? null }),
    })),
    used: () => known.values().next().value ?? null,
    grant(answer) {
      for (const claim of claims) {
        granted.set(claim.id, claimedOperation(claim, customerId, claim.result?.(answer) ?? null, clock(), ttlMs))
      }
    },
  }
}

function hasHold(customer: CustomerState | null, holdId: string | null): boolean {
  return customer?.holds.some((hold) => hold.id === holdId) ?? false
}
