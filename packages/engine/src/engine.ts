import { randomBytes } from 'node:crypto'
import type { Catalog } from './core/catalog.ts'
import type { Admission, AnswerTo, Check, Command, Operation, Refusal } from './core/command.ts'
import { assertConserved } from './core/conservation.ts'
import type { CustomerState } from './core/customer.ts'
import { type CustomerSeed, decide, present } from './core/decide.ts'
import type { Moment } from './core/draft.ts'
import type { Entry } from './core/entry.ts'
import type { OperationRef } from './core/hold.ts'
import { claimedOperation, claimWorks, operationAfter, standingOf } from './operation.ts'
import type { CustomerQuery, Effect, EntryQuery, Page, Store } from './store/store.ts'
import { createTurns } from './turns.ts'

export interface EngineOptions {
  readonly store: Store
  readonly catalog: Catalog
  /** Real time in ms since the epoch; `Date.now` by default. */
  readonly clock?: () => number
  /** How long an operation id is remembered, in ms; seven days by default. */
  readonly operationTtlMs?: number
}

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

/** A change of one customer, told after it became durable. */
export interface Change {
  readonly customer: CustomerState
  readonly entry: Entry
}

/**
 * The meter: takes commands, decides them, and answers once what they changed is durable.
 *
 * All commands that arrive within one turn of the event loop share one transaction. Errors of the store reject with
 * `StoreUnavailableError`; refusals are answers.
 */
export interface Engine {
  /** Features and plans as they are now. */
  readonly catalog: Catalog
  /** Real time, in ms since the epoch. */
  now(): number
  /** Decides a command and records what it changed. Atomic; safe to repeat under the same operation id. */
  execute<TCommand extends Exclude<Command, Check>>(
    customerId: string,
    command: TCommand,
    options?: ExecuteOptions<TCommand>,
  ): Promise<AnswerTo<TCommand>>
  /** Uses up an id that belongs to no command. Answers what is known of it when it was used before, else null. */
  claim(ref: OperationRef, result?: string): Promise<Operation | null>
  /** Answers whether units could be spent, without waiting for a write and without recording anything. */
  check(customerId: string, check: Omit<Check, 'kind'>): Promise<Admission | Refusal>
  /** The customer as of now, resets and expiries included; null when there is none. */
  customer(customerId: string): Promise<CustomerState | null>
  customers(query: CustomerQuery): Promise<Page<CustomerState>>
  operation(operationId: string): Promise<Operation | null>
  entry(customerId: string, seq: number): Promise<Entry | null>
  entries(query: EntryQuery): Promise<Page<Entry>>
  /** Changes features or plans, and saves them. `change` may run again when another process was faster. */
  changeCatalog(change: (catalog: Catalog) => Catalog): Promise<Catalog>
  /** Hears of every change that this process records, after it is durable. Returns the way to stop. */
  watch(listener: (change: Change) => void): () => void
  /** Finishes what is under way, then closes the store. Commands that come later are rejected. */
  close(): Promise<void>
}

const SEVEN_DAYS_MS = 604_800_000

/** Builds an engine over an opened store. */
export function createEngine(options: EngineOptions): Engine {
  const { store, clock = Date.now, operationTtlMs = SEVEN_DAYS_MS } = options
  const listeners = new Set<(change: Change) => void>()
  const turns = createTurns(store)
  let catalog = options.catalog
  let closed = false
  store.onCatalog?.((saved) => {
    catalog = saved
  })

  const momentFor = (state: CustomerState | null): Moment => ({ now: clock() + (state?.clockOffsetMs ?? 0), catalog, newId })

  const tell = (effect: Effect | null): void => {
    if (listeners.size === 0 || effect?.state == null || effect.entry === null) return
    for (const listener of listeners) {
      try {
        listener({ customer: effect.state, entry: effect.entry })
      } catch (error) {
        // What a listener throws is the listener's: it neither fails the command nor keeps the others of the batch waiting.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  const execute = <TCommand extends Exclude<Command, Check>>(
    customerId: string,
    command: TCommand,
    given: ExecuteOptions<TCommand> = {},
  ): Promise<AnswerTo<TCommand>> => {
    if (closed) return Promise.reject(closedError())
    const create = given.create === undefined ? null : { ...(given.create === true ? {} : given.create), id: customerId }
    let answer: AnswerTo<TCommand> | null = null
    let failure: unknown = null
    let effect: Effect | null = null
    const claims = claimWorks(given.claims, customerId, clock, operationTtlMs)

    const run = (state: CustomerState | null, known: Operation | null): Effect => {
      const live = state === null || state.deletedAt !== null ? null : state
      const untouched: Effect = { state, entry: null, operation: null }
      answer = null
      failure = null
      effect = null
      try {
        const moment = momentFor(live)
        const used = claims.used()
        if (used) {
          answer = { ok: false, customer: live, code: 'operation_done', operation: used } as Refusal as AnswerTo<TCommand>
          return untouched
        }
        const standing = given.operation && standingOf(known, given.operation, customerId, live && present(live, moment), clock())
        if (standing) {
          answer = { ok: false, customer: live, code: standing, operation: known } as Refusal as AnswerTo<TCommand>
          return untouched
        }
        const decided = decide(live, command, moment, customerId, create)
        if (decided.changes.length === 0 || decided.state === null) {
          if (decided.answer.ok) claims.grant(decided.answer)
          answer = decided.answer
          return untouched
        }
        const seq = (state?.seq ?? 0) + 1
        const after: CustomerState = { ...decided.state, seq }
        assertConserved(live, after, decided.changes)
        const told: AnswerTo<TCommand> = decided.answer.ok ? { ...decided.answer, customer: after } : decided.answer
        const operation = operationAfter(told, command, customerId, given, live, { seq, at: clock(), ttlMs: operationTtlMs })
        if (told.ok) claims.grant(told)
        const entry: Entry = {
          customerId,
          seq,
          at: moment.now,
          operationId: operation?.status === 'running' ? null : (operation?.id ?? null),
          changes: decided.changes,
        }
        answer = told
        effect = { state: after, entry, operation }
        return effect
      } catch (error) {
        // One command's mistake must not fail the others of its batch.
        failure = error
        return untouched
      }
    }

    // What an operation was answered before may be told again only once it is on the disk.
    const isEarly = (): boolean => given.relaxed === true && !(answer !== null && 'operation' in answer)

    return new Promise((resolve, reject) => {
      const works = [
        ...claims.reads,
        { customerId, operationId: given.operation?.id ?? null, run, relaxed: given.relaxed ?? false },
        ...claims.writes,
      ]
      turns.push({
        works,
        isEarly,
        answer: () => (answer === null ? reject(failure) : resolve(answer)),
        tell: () => tell(effect),
        fail: reject,
      })
    })
  }

  const claim = (ref: OperationRef, result?: string): Promise<Operation | null> => {
    if (closed) return Promise.reject(closedError())
    let used: Operation | null = null
    const run = (state: CustomerState | null, known: Operation | null): Effect => {
      used = known !== null && known.expiresAt > clock() ? known : null
      const operation = used ? null : claimedOperation(ref, '', result ?? null, clock(), operationTtlMs)
      return { state, entry: null, operation }
    }
    return new Promise((resolve, reject) => {
      turns.push({
        works: [{ customerId: '', operationId: ref.id, run }],
        isEarly: () => false,
        answer: () => resolve(used),
        tell: () => {},
        fail: reject,
      })
    })
  }

  return {
    get catalog() {
      return catalog
    },
    now: clock,
    execute,
    claim,
    async check(customerId, check) {
      const held = store.customer(customerId)
      const state = held instanceof Promise ? await held : held
      const live = state?.deletedAt === null ? state : null
      return decide(live, { ...check, kind: 'check' }, momentFor(live), customerId, null).answer
    },
    async customer(customerId) {
      const state = await store.customer(customerId)
      return state?.deletedAt === null ? present(state, momentFor(state)) : null
    },
    async customers(query) {
      const page = await store.customers(query)
      return { ...page, items: page.items.map((state) => present(state, momentFor(state))) }
    },
    operation: async (operationId) => store.operation(operationId),
    entry: async (customerId, seq) => store.entry(customerId, seq),
    entries: async (query) => store.entries(query),
    async changeCatalog(change) {
      for (;;) {
        const saved = await store.catalog()
        const next = change(saved ?? catalog)
        if (await store.saveCatalog(next, saved?.version ?? 0)) {
          catalog = next
          return next
        }
      }
    },
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async close() {
      closed = true
      await turns.finish()
      await store.close()
    },
  }
}

function closedError(): Error {
  return new Error('the engine is closed: it takes no more commands')
}

function newId(prefix: string): string {
  return `${prefix}_${randomBytes(15).toString('base64url').replaceAll(/[-_]/g, '0')}`
}
