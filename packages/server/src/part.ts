import { type Amount, unitsOf } from '@tollgate/engine'
import type { Receipt } from '@tollgate/features'
import type { Overage } from './backends/backend.ts'
import { countOf, type Line, unitsIn } from './units.ts'
import type { Usage } from './usage.ts'

/** What a part needs of its account. */
export interface PartOwner {
  readonly operationId: string
  readonly overage: Overage
  cover(apply: () => void, undo: () => void): Promise<void>
  receipt(): Promise<Receipt | null>
  tooLate(path: string): Promise<void>
}

/** One call's share in the hold of an account: the call that took the hold, or one that was made by its resolver. */
export class Part implements Usage {
  readonly #owner: PartOwner
  readonly #reserved: readonly Line[]
  readonly #path: string
  #counted: Map<string, Amount> | null = null
  #state: 'running' | 'done' | 'failed' = 'running'

  constructor(owner: PartOwner, reserved: readonly Line[], path: string) {
    this.#owner = owner
    this.#reserved = reserved
    this.#path = path
  }

  get operationId(): string {
    return this.#owner.operationId
  }

  get receipt(): Promise<Receipt | null> {
    return this.#owner.receipt()
  }

  add(units: number, featureId?: string): Promise<void> {
    const more = countOf(units, () => `usage.add() in ${this.#path}`)
    return this.#count(this.#featureOf(featureId), (before) => before + more)
  }

  set(units: number, featureId?: string): Promise<void> {
    const all = countOf(units, () => `usage.set() in ${this.#path}`)
    return this.#count(this.#featureOf(featureId), () => all)
  }

  counted(featureId?: string): number | null {
    const units = this.#counted?.get(this.#featureOf(featureId))
    return units === undefined ? null : unitsOf(units)
  }

  /** Whether anything was counted; otherwise the part costs what was set aside. */
  get counts(): boolean {
    return this.#counted !== null
  }

  /** Units of a feature that this part has used, were it to end now. */
  used(featureId: string): Amount {
    if (this.#state === 'failed') return 0n
    const counted = this.#counted?.get(featureId)
    if (counted !== undefined) return counted
    const line = this.#reserved.find((each) => each.featureId === featureId)
    return line === undefined || line.slot ? 0n : line.units
  }

  /** Units of a feature that must be held for this part. */
  required(featureId: string): Amount {
    const atStart = unitsIn(this.#reserved, featureId)
    const used = this.used(featureId)
    // Where units beyond the hold are dropped or overdrawn at the end, none of them need to be held.
    const units = this.#owner.overage === 'refuse' || used < atStart ? used : atStart
    return this.#state === 'running' && units < atStart ? atStart : units
  }

  /** Says what was really used, as the answer tells. */
  settleAt(lines: readonly Line[]): void {
    this.#counted ??= new Map()
    for (const { featureId, units } of lines) this.#counted.set(this.#featureOf(featureId), units)
  }

  /** The call has ended: its share is fixed, or given up. */
  end(outcome: 'done' | 'failed'): void {
    this.#state = outcome
  }

  #count(featureId: string, countAfter: (before: Amount) => Amount): Promise<void> {
    if (this.#state !== 'running') return this.#owner.tooLate(this.#path)
    let before: Map<string, Amount> | null = null
    return this.#owner.cover(
      () => {
        before = this.#counted
        this.#counted = new Map(this.#counted).set(featureId, countAfter(this.#counted?.get(featureId) ?? 0n))
      },
      () => {
        this.#counted = before
      },
    )
  }

  #featureOf(featureId: string | undefined): string {
    const counting = this.#reserved.filter((line) => !line.slot)
    const [first] = counting
    if (featureId === undefined) {
      if (first !== undefined && counting.length === 1) return first.featureId
      throw new Error(`${this.#path} is metered by several features: say which one was used, as in usage.add(1, 'id')`)
    }
    if (counting.some((line) => line.featureId === featureId)) return featureId
    const known = counting.map((line) => line.featureId).join(', ')
    throw new Error(`${this.#path} is not metered by '${featureId}': it can count only ${known}`)
  }
}
