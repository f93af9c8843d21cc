import { randomBytes } from 'node:crypto'
import type { Catalog } from './core/catalog.ts'
import type { Admission, AnswerTo, Check, Command, Operation, Refusal } from './core/command.ts'
import type { CustomerState } from './core/customer.ts'
import { decide, present } from './core/decide.ts'
import type { Moment } from './core/draft.ts'
import type { Entry } from './core/entry.ts'
import type { OperationRef } from './core/hold.ts'
import { type ExecuteOptions, Execution, type ExecutionContext } from './execution.ts'
import { claimedOperation } from './operation.ts'
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

  const tell = (customer: CustomerState, entry: Entry): void => {
    for (const listener of listeners) {
      try {
        listener({ customer, entry })
      } catch (error) {
        // What a listener throws is the listener's: it neither fails the command nor keeps the others of the batch waiting.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
  const context: ExecutionContext = { clock, momentFor, operationTtlMs, tell }

  const execute = <TCommand extends Exclude<Command, Check>>(
    customerId: string,
    command: TCommand,
    given: ExecuteOptions<TCommand> = {},
  ): Promise<AnswerTo<TCommand>> => {
    if (closed) return Promise.reject(closedError())
    const execution = new Execution(context, customerId, command, given)
    turns.push(execution)
    return execution.promise
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
