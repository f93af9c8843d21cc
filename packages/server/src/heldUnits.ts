import { type Amount, unitsOf } from '@tollgate/engine'
import type { DenialFacts } from '@tollgate/features'
import type { TRPCError } from '@trpc/server'
import {
  type AccessAfter,
  type Backend,
  type Extended,
  type FeatureUnits,
  type Hold,
  OutageError,
  type Refused,
} from './backends/backend.ts'
import { unreadDenial } from './backends/unreadDenial.ts'
import type { OutageDesk } from './outage/outageDesk.ts'
import type { Telemetry } from './telemetry.ts'
import { asUnits, type Line, unitsIn } from './units.ts'

/** What the holds of all calls share. */
export interface HoldOptions {
  readonly holdTtlMs: number
  refusal(facts: DenialFacts): TRPCError
  /** Null: nobody listens. */
  readonly telemetry: Telemetry | null
  readonly outage: Pick<OutageDesk, 'lend' | 'giveBack' | 'noteOutage'>
}

/** The units that one hold has set aside, and how they become more. */
export class HeldUnits {
  readonly backend: Backend
  readonly hold: Hold
  /** The customer, as the last answer of the backend left it. */
  access: AccessAfter
  readonly #options: HoldOptions
  #lines: readonly Line[]
  /** Units that an outage's policy let the call take beyond its hold. */
  #lent: readonly FeatureUnits[] = []

  constructor(options: HoldOptions, backend: Backend, hold: Hold, lines: readonly Line[], access: AccessAfter) {
    this.#options = options
    this.backend = backend
    this.hold = hold
    this.#lines = lines
    this.access = access
    if (options.telemetry) this.#tell(options.telemetry, lines, 1)
  }

  /** What is held of every feature that the call is metered by. */
  get lines(): readonly Line[] {
    return this.#lines
  }

  /** Whether an outage's policy let the call take units that nobody could check. */
  get isLent(): boolean {
    return this.#lent.length > 0
  }

  /** Features that the call is metered by from now on; nothing is held of them yet. */
  include(lines: readonly Line[]): void {
    const added = lines.filter(({ featureId }) => !this.#lines.some((line) => line.featureId === featureId))
    this.#lines = [...this.#lines, ...added.map(({ featureId }) => ({ featureId, units: 0n }))]
  }

  /**
   * Sets more units aside, all or none; rejects with the denial.
   *
   * Asks for a whole step first, so that a stream does not ask at every chunk; when that is not there, for what is needed now.
   */
  async extend(needed: readonly Line[], step: readonly Line[]): Promise<void> {
    const wished = needed.map((line) => atLeast(line, unitsIn(step, line.featureId)))
    const refusal = await this.#tryExtend(wished)
    if (refusal === null) return
    const last = wished.every((line, index) => line === needed[index]) ? refusal : await this.#tryExtend(needed)
    if (last !== null) throw last
  }

  /** The hold was committed or released. */
  end(access: AccessAfter): void {
    this.access = access
    if (this.#options.telemetry) this.#tell(this.#options.telemetry, this.#lines, -1)
    this.#options.outage.giveBack(this.hold.caller, this.#lent)
  }

  async #tryExtend(more: readonly Line[]): Promise<TRPCError | null> {
    const { hold } = this
    const items = more.map(asUnits)
    const answer = await this.backend.extend(hold, items, this.#options.holdTtlMs).catch((error: unknown) => this.#inOutage(error, items))
    // The hold ran out while the backend could not be reached: nothing says any more what is left.
    if (answer.kind === 'ended') return this.#options.refusal(unreadDenial('outage', items))
    this.access = answer.access
    if (answer.kind === 'denied') return this.#options.refusal(answer.denial)
    this.#lines = this.#lines.map(({ featureId, units }) => ({ featureId, units: units + unitsIn(more, featureId) }))
    if (this.#options.telemetry) this.#tell(this.#options.telemetry, more, 1)
    return null
  }

  #inOutage(error: unknown, items: readonly FeatureUnits[]): Refused | Extended {
    if (!(error instanceof OutageError)) throw error
    const { outage, telemetry } = this.#options
    telemetry?.outage('extend')
    outage.noteOutage(error)
    if (!outage.lend(this.hold.caller, items)) return { kind: 'denied', denial: unreadDenial('outage', items), access: this.access }
    this.#lent = [...this.#lent, ...items]
    return { kind: 'extended', access: this.access }
  }

  #tell(telemetry: Telemetry, lines: readonly Line[], sign: 1 | -1): void {
    for (const { featureId, units } of lines) if (units !== 0n) telemetry.held(featureId, sign * unitsOf(units))
  }
}

function atLeast(line: Line, units: Amount): Line {
  return units > line.units ? { featureId: line.featureId, units } : line
}
