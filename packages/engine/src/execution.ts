import type { AnswerTo, Check, Command, Operation, Refusal } from './core/command.ts'
import { assertConserved } from './core/conservation.ts'
import type { CustomerState } from './core/customer.ts'
import { type CustomerSeed, decide, present } from './core/decide.ts'
import type { Moment } from './core/draft.ts'
import type { Entry } from './core/entry.ts'
import type { OperationRef } from './core/hold.ts'
import { type ClaimWorks, claimWorks, operationAfter, standingOf } from './operation.ts'
import type { Effect, Work } from './store/store.ts'
import type { Pending } from './turns.ts'

export interface ExecuteOptions<TCommand extends Command = Command> {
  /** Creates the customer when it does not exist, with every plan that enables itself. */
  readonly create?: Omit<CustomerSeed, 'id'> | true
  /** Makes the command take effect at most once under this id. */
  readonly operation?: OperationRef & {
    /** An id whose operation has ended may be used again, as Autumn's lock ids may. */
    readonly reusable?: boolean
  }
  /** Text to store with the operation, answered again to a repeat. For `track` and `commit`. */
  readonly result?: string
  /**
   * True: the change survives a crash of the process, and a power loss only once a later change is durable. For taking and extending
   * holds, and for giving them back: what is lost with the power was not committed, and its units are free again.
   */
  readonly relaxed?: boolean
  /** Ids that are used up with the command when it succeeds, even if it changed nothing. One that is used up already refuses the command. */
  readonly claims?: readonly Claim<AnswerTo<TCommand>>[]
}

/** An id that may be used once, whatever it is used for. */
export interface Claim<TAnswer> extends OperationRef {
  /** Text to store with the id, made from the answer while it is recorded; it may be made more than once. */
  readonly result?: (answer: TAnswer) => string
}

/** What all executions of an engine share. */
export interface ExecutionContext {
  clock(): number
  /** The time of a customer, and what else a decision may know. */
  momentFor(state: CustomerState | null): Moment
  readonly operationTtlMs: number
  /** Tells listeners of a change. */
  tell(customer: CustomerState, entry: Entry): void
}

/** One command on its way through a turn: decided, recorded, answered. One object, since every call makes two. */
export class Execution<TCommand extends Exclude<Command, Check>> implements Pending, Work {
  readonly promise: Promise<AnswerTo<TCommand>>
  readonly works: readonly Work[]
  readonly customerId: string
  readonly operationId: string | null
  readonly relaxed: boolean
  readonly #context: ExecutionContext
  readonly #command: TCommand
  readonly #given: ExecuteOptions<TCommand>
  /** Null: nothing is claimed. */
  readonly #claims: ClaimWorks<AnswerTo<TCommand>> | null
  #resolve: (answer: AnswerTo<TCommand>) => void = ignore
  #reject: (error: unknown) => void = ignore
  #answer: AnswerTo<TCommand> | null = null
  #failure: unknown = null
  #effect: Effect | null = null

  constructor(context: ExecutionContext, customerId: string, command: TCommand, given: ExecuteOptions<TCommand>) {
    const { claims = [], operation, relaxed = false } = given
    this.#context = context
    this.#command = command
    this.#given = given
    this.customerId = customerId
    this.operationId = operation?.id ?? null
    this.relaxed = relaxed
    this.#claims = claims.length === 0 ? null : claimWorks(claims, customerId, context.clock, context.operationTtlMs)
    this.works = this.#claims === null ? [this] : [...this.#claims.reads, this, ...this.#claims.writes]
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  run(state: CustomerState | null, known: Operation | null): Effect {
    this.#answer = null
    this.#failure = null
    this.#effect = null
    try {
      this.#effect = this.#decide(state, known)
    } catch (error) {
      // One command's mistake must not fail the others of its batch.
      this.#failure = error
    }
    return this.#effect ?? { state, entry: null, operation: null }
  }

  isEarly(): boolean {
    // What an operation was answered before may be told again only once it is on the disk.
    return this.relaxed && !(this.#answer !== null && 'operation' in this.#answer)
  }

  answer(): void {
    if (this.#answer === null) this.#reject(this.#failure)
    else this.#resolve(this.#answer)
  }

  tell(): void {
    if (this.#effect?.state != null && this.#effect.entry !== null) this.#context.tell(this.#effect.state, this.#effect.entry)
  }

  fail(error: unknown): void {
    this.#reject(error)
  }

  /** Decides, keeps the answer, and gives what is to be written; null when that is nothing. */
  #decide(state: CustomerState | null, known: Operation | null): Effect | null {
    const { clock, momentFor, operationTtlMs: ttlMs } = this.#context
    const { customerId } = this
    const command = this.#command
    const given = this.#given
    const claims = this.#claims
    const live = state === null || state.deletedAt !== null ? null : state
    const moment = momentFor(live)
    const used = claims?.used()
    if (used) return this.#refuse({ ok: false, customer: live, code: 'operation_done', operation: used })
    const standing = given.operation && standingOf(known, given.operation, customerId, live && present(live, moment), clock())
    if (standing && known) return this.#refuse({ ok: false, customer: live, code: standing, operation: known })

    const decided = decide(live, command, moment, customerId, live === null ? seedOf(given.create, customerId) : null)
    if (decided.changes.length === 0 || decided.state === null) {
      if (decided.answer.ok) claims?.grant(decided.answer)
      this.#answer = decided.answer
      return null
    }
    const seq = (state?.seq ?? 0) + 1
    const after: CustomerState = { ...decided.state, seq }
    assertConserved(live, after, decided.changes)
    const told: AnswerTo<TCommand> = decided.answer.ok ? { ...decided.answer, customer: after } : decided.answer
    const operation = operationAfter(told, command, customerId, given, live, { seq, at: clock(), ttlMs })
    if (told.ok) claims?.grant(told)
    const operationId = operation === null || operation.status === 'running' ? null : operation.id
    this.#answer = told
    return { state: after, entry: { customerId, seq, at: moment.now, operationId, changes: decided.changes }, operation }
  }

  #refuse(refusal: Refusal): null {
    // Every command may be refused; the compiler does not see it through the type parameter.
    this.#answer = refusal as AnswerTo<TCommand>
    return null
  }
}

function seedOf(create: ExecuteOptions['create'], id: string): CustomerSeed | null {
  if (create === undefined) return null
  return create === true ? { id } : { ...create, id }
}

function ignore(): void {}
