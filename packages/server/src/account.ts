import type { Amount } from '@tollgate/engine'
import type { Receipt } from '@tollgate/features'
import type { TRPCError } from '@trpc/server'
import type { AccessAfter, Backend, Caller, Hold, Overage } from './backends/backend.ts'
import { HeldUnits, type HoldOptions } from './heldUnits.ts'
import { Paid } from './paid.ts'
import { Part, type PartOwner } from './part.ts'
import type { Line } from './units.ts'

/** What every account shares. */
export interface AccountOptions extends HoldOptions {
  report(error: unknown): void
}

const COVERED = Promise.resolve()

/**
 * The hold of one running call and of every call that its resolver makes, with what they have used of it.
 *
 * Under `refuse` no more is ever counted than what is held: who counts beyond it waits until the hold is extended.
 */
export class Account implements PartOwner {
  readonly overage: Overage
  readonly #report: (error: unknown) => void
  readonly #held: HeldUnits
  readonly #parts: Part[] = []
  #step: readonly Line[] = []
  #sealed = false
  #closed: { readonly receipt: (() => Receipt) | null } | null = null
  #left = false
  #waiting: PromiseWithResolvers<Receipt | null> | null = null
  /** Extensions, one after the other; null while none is under way. */
  #queue: Promise<void> | null = null
  /** Refusals that nobody has heard of. */
  #unheard: readonly TRPCError[] = []

  /** The account of a hold that was just taken for so many units. */
  constructor(options: AccountOptions, backend: Backend, hold: Hold, held: readonly Line[], overage: Overage, access: AccessAfter) {
    this.#report = options.report
    this.#held = new HeldUnits(options, backend, hold, held, access)
    this.overage = overage
  }

  get backend(): Backend {
    return this.#held.backend
  }

  get hold(): Hold {
    return this.#held.hold
  }

  get caller(): Caller {
    return this.hold.caller
  }

  get operationId(): string {
    return this.hold.operation.id
  }

  /** The customer, as the last answer of the backend left it. */
  get access(): AccessAfter {
    return this.#held.access
  }

  /** What becomes of units beyond the hold at its end: those that an outage's policy let through are used, whether they were there or not. */
  get overageAtEnd(): Overage {
    return this.#held.isLent ? 'overflow' : this.overage
  }

  /** True once it is being committed or released: nothing can be counted any more. */
  get ended(): boolean {
    return this.#sealed
  }

  /** Opens the share of a call within what is held. */
  open(lines: readonly Line[], path: string): Part {
    const part = new Part(this, lines, path)
    this.#parts.push(part)
    return part
  }

  /** Opens the share of a call that the resolver makes, for which the hold is extended. Rejects with the denial. */
  async join(lines: readonly Line[], path: string): Promise<Part> {
    const part = new Part(this, lines, path)
    await this.#enqueue(
      () => {
        if (this.#sealed) throw lateError(path)
        this.#held.include(lines)
        this.#parts.push(part)
      },
      () => this.#parts.splice(this.#parts.indexOf(part), 1),
    )
    return part
  }

  /** Counts with `apply` once it is paid for; takes it back with `undo` and rejects with the denial when it cannot be. */
  cover(apply: () => void, undo: () => void): Promise<void> {
    if (this.#sealed || this.#left) return this.tooLate(this.hold.procedure)
    if (this.overage !== 'refuse' || this.#queue === null) {
      apply()
      if (this.overage !== 'refuse' || this.#missing().length === 0) return COVERED
      undo()
    }
    let heard = false
    let refused: TRPCError | null = null
    const turn = this.#enqueue(apply, undo).catch((error: TRPCError) => {
      refused = error
      if (!heard) this.#unheard = [...this.#unheard, error]
      throw error
    })
    return new Paid(turn, () => {
      heard = true
      this.#unheard = this.#unheard.filter((error) => error !== refused)
    })
  }

  /** Resolves once everything that was counted so far is paid for; rejects with what refused it, if nobody has heard of that. */
  async paid(): Promise<void> {
    if (this.#queue !== null) await this.#queue
    const [refusal] = this.#unheard
    if (refusal !== undefined) throw refusal
  }

  /** From now on the hold is extended by at least so many units at a time. */
  extendBy(step: readonly Line[]): void {
    this.#step = step
  }

  /** Units of every feature, as they are to be committed now. */
  totals(): readonly Line[] {
    return this.#held.lines.map(({ featureId }) => ({ featureId, units: this.#sum((part) => part.used(featureId)) }))
  }

  /** The reader of a stream is gone: what its work counts from now on is not delivered, and costs nothing. */
  leave(): void {
    this.#left = true
  }

  /** Forbids counting: what was counted so far is about to be recorded, and more would be lost. */
  seal(): void {
    this.#sealed = true
  }

  /** Remembers the customer and the receipt as the end left them. */
  close(receipt: (() => Receipt) | null, access: AccessAfter): void {
    if (this.#closed) return
    this.#closed = { receipt }
    this.#held.end(access)
    this.#waiting?.resolve(receipt?.() ?? null)
  }

  /** The receipt, once the account is closed; null when nothing was committed. */
  async receipt(): Promise<Receipt | null> {
    if (this.#closed) return this.#closed.receipt?.() ?? null
    this.#waiting ??= Promise.withResolvers()
    return this.#waiting.promise
  }

  /** The answer to whoever counts after the end. */
  tooLate(path: string): Promise<void> {
    if (this.#left) return COVERED
    const late = Promise.reject(lateError(path))
    late.catch(this.#report)
    return late
  }

  #sum(units: (part: Part) => Amount): Amount {
    let total = 0n
    for (const part of this.#parts) total += units(part)
    return total
  }

  #missing(): readonly Line[] {
    return this.#held.lines
      .map(({ featureId, units }) => ({ featureId, units: this.#sum((part) => part.required(featureId)) - units }))
      .filter(({ units }) => units > 0n)
  }

  #enqueue(apply: () => void, undo: () => void): Promise<void> {
    const turn = (this.#queue ?? COVERED).then(async () => {
      apply()
      try {
        const needed = this.#missing()
        if (needed.length > 0) await this.#held.extend(needed, this.#step)
      } catch (error) {
        undo()
        throw error
      }
    })
    const last = turn.then(ignore, ignore).then(() => {
      if (this.#queue === last) this.#queue = null
    })
    this.#queue = last
    return turn
  }
}

function lateError(path: string): Error {
  return new Error(`${path} had ended when its usage was counted: await the work before the resolver returns`)
}

function ignore(): void {}
