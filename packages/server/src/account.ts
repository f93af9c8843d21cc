import { type Amount, unitsOf } from '@tollgate/engine'
import type { DenialFacts, Receipt } from '@tollgate/features'
import type { TRPCError } from '@trpc/server'
import {
  type AccessAfter,
  type Backend,
  type Caller,
  type Extended,
  type FeatureUnits,
  type Hold,
  OutageError,
  type Overage,
  type Refused,
} from './backends/backend.ts'
import { unreadDenial } from './backends/unreadDenial.ts'
import type { OutageDesk } from './outage.ts'
import { Paid } from './paid.ts'
import { Part, type PartOwner } from './part.ts'
import type { Telemetry } from './telemetry.ts'
import { type Line, unitsIn } from './units.ts'

/** What every account shares. */
export interface AccountOptions {
  readonly holdTtlMs: number
  refusal(facts: DenialFacts): TRPCError
  report(error: unknown): void
  /** Null: nobody listens. */
  readonly telemetry: Telemetry | null
  readonly outage: Pick<OutageDesk, 'lend' | 'giveBack' | 'noteOutage'>
}

const COVERED = Promise.resolve()

/**
 * The hold of one running call and of every call that its resolver makes, with what they have used of it.
 *
 * Under `refuse` no more is ever counted than what is held: who counts beyond it waits until the hold is extended.
 */
export class Account implements PartOwner {
  readonly backend: Backend
  readonly hold: Hold
  readonly overage: Overage
  /** The customer, as the last answer of the backend left it. */
  access: AccessAfter
  readonly #options: AccountOptions
  readonly #parts: Part[] = []
  #held: readonly Line[]
  #step: readonly Line[] = []
  #closed: { readonly receipt: (() => Receipt) | null } | null = null
  #left = false
  #waiting: PromiseWithResolvers<Receipt | null> | null = null
  /** Extensions, one after the other; null while none is under way. */
  #queue: Promise<void> | null = null
  /** Units that an outage's policy let the call take beyond its hold. */
  #lent: readonly FeatureUnits[] = []
  /** Refusals that nobody has heard of. */
  #unheard: readonly TRPCError[] = []

  /** The account of a hold that was just taken for so many units. */
  constructor(options: AccountOptions, backend: Backend, hold: Hold, held: readonly Line[], overage: Overage, access: AccessAfter) {
    this.#options = options
    this.backend = backend
    this.hold = hold
    this.#held = held
    this.overage = overage
    this.access = access
    if (options.telemetry) this.#tellHeld(options.telemetry, held, 1)
  }

  get caller(): Caller {
    return this.hold.caller
  }

  get operationId(): string {
    return this.hold.operation.id
  }

  /** What becomes of units beyond the hold at its end: those that an outage's policy let through are used, whether they were there or not. */
  get overageAtEnd(): Overage {
    return this.#lent.length > 0 ? 'overflow' : this.overage
  }

  /** True once it was committed or released: nothing can be counted any more. */
  get ended(): boolean {
    return this.#closed !== null
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
        const added = lines.filter(({ featureId }) => !this.#held.some((line) => line.featureId === featureId))
        this.#held = [...this.#held, ...added.map(({ featureId }) => ({ featureId, units: 0n }))]
        this.#parts.push(part)
      },
      () => this.#parts.splice(this.#parts.indexOf(part), 1),
    )
    return part
  }

  /** Counts with `apply` once it is paid for; takes it back with `undo` and rejects with the denial when it cannot be. */
  cover(apply: () => void, undo: () => void): Promise<void> {
    if (this.#closed || this.#left) return this.tooLate(this.hold.procedure)
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
    return this.#held.map(({ featureId }) => ({ featureId, units: this.#sum((part) => part.used(featureId)) }))
  }

  /** Forbids counting, and remembers the customer as the end left it. */
  close(receipt: (() => Receipt) | null, access: AccessAfter): void {
    if (this.#closed) return
    this.#closed = { receipt }
    this.access = access
    if (this.#options.telemetry) this.#tellHeld(this.#options.telemetry, this.#held, -1)
    this.#options.outage.giveBack(this.caller, this.#lent)
    this.#waiting?.resolve(receipt?.() ?? null)
  }

  /** The reader of a stream is gone: what its work counts from now on is not delivered, and costs nothing. */
  leave(): void {
    this.#left = true
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
    const late = Promise.reject(new Error(`${path} had ended when its usage was counted: await the work before the resolver returns`))
    late.catch(this.#options.report)
    return late
  }

  #sum(units: (part: Part) => Amount): Amount {
    let total = 0n
    for (const part of this.#parts) total += units(part)
    return total
  }

  #missing(): readonly Line[] {
    return this.#held
      .map(({ featureId, units }) => ({ featureId, units: this.#sum((part) => part.required(featureId)) - units }))
      .filter(({ units }) => units > 0n)
  }

  #enqueue(apply: () => void, undo: () => void): Promise<void> {
    const turn = (this.#queue ?? COVERED).then(async () => {
      apply()
      try {
        await this.#extend()
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

  /** Asks for a whole step first, so that a stream does not ask at every chunk; when that is not there, for what is needed now. */
  async #extend(): Promise<void> {
    const needed = this.#missing()
    if (needed.length === 0) return
    const wished = needed.map((line) => atLeast(line, unitsIn(this.#step, line.featureId)))
    const refusal = await this.#tryExtend(wished)
    if (refusal === null) return
    const last = wished.every((line, index) => line === needed[index]) ? refusal : await this.#tryExtend(needed)
    if (last !== null) throw last
  }

  async #tryExtend(more: readonly Line[]): Promise<TRPCError | null> {
    const { hold } = this
    const items = more.map(asUnits)
    const answer = await this.backend.extend(hold, items, this.#options.holdTtlMs).catch((error: unknown) => this.#inOutage(error, items))
    // The hold ran out while the backend could not be reached: nothing says any more what is left.
    if (answer.kind === 'ended') return this.#options.refusal(unreadDenial('outage', items))
    this.access = answer.access
    if (answer.kind === 'denied') return this.#options.refusal(answer.denial)
    this.#held = this.#held.map(({ featureId, units }) => ({ featureId, units: units + unitsIn(more, featureId) }))
    if (this.#options.telemetry) this.#tellHeld(this.#options.telemetry, more, 1)
    return null
  }

  #inOutage(error: unknown, items: readonly FeatureUnits[]): Refused | Extended {
    if (!(error instanceof OutageError)) throw error
    const { outage, telemetry } = this.#options
    telemetry?.outage('extend')
    outage.noteOutage(error)
    if (!outage.lend(this.caller, items)) return { kind: 'denied', denial: unreadDenial('outage', items), access: this.access }
    this.#lent = [...this.#lent, ...items]
    return { kind: 'extended', access: this.access }
  }

  #tellHeld(telemetry: Telemetry, lines: readonly Line[], sign: 1 | -1): void {
    for (const { featureId, units } of lines) if (units !== 0n) telemetry.held(featureId, sign * unitsOf(units))
  }
}

export function asUnits({ featureId, units }: Line): FeatureUnits {
  return { featureId, units: unitsOf(units) }
}

function atLeast(line: Line, units: Amount): Line {
  return units > line.units ? { featureId: line.featureId, units } : line
}

function ignore(): void {}
