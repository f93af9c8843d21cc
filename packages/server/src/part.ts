import { type Amount, unitsOf } from '@tollgate/engine'
import type { Receipt } from '@tollgate/features'
import type { Overage } from './backends/backend.ts'
import { countOf, type Line } from './units.ts'
import type { Usage } from './usage.ts'

/** One call's share in the hold of an account: the call that took the hold, or one that was made by its resolver. */
export interface Part {
  readonly usage: Usage
  /** Units of a feature that must be held for this part. */
  required(featureId: string): Amount
  /** Units of a feature that this part has used, were it to end now. */
  used(featureId: string): Amount
  /** Whether anything was counted; otherwise the part costs what was set aside. */
  counts(): boolean
  /** Says what was really used, as the answer tells. */
  settleAt(lines: readonly Line[]): void
  /** The call has ended: its share is fixed, or given up. */
  end(outcome: 'done' | 'failed'): void
}

/** What a part needs of its account. */
export interface PartOwner {
  readonly operationId: string
  readonly overage: Overage
  cover(apply: () => void, undo: () => void): Promise<void>
  receipt(): Promise<Receipt | null>
  tooLate(path: string): Promise<void>
}

/** A call's share of so many units. */
export function createPart(account: PartOwner, lines: readonly Line[], path: string): Part {
  const reserved = new Map(lines.map(({ featureId, units }) => [featureId, units]))
  const counted = new Map<string, Amount>()
  const [only] = lines.length === 1 ? reserved.keys() : []
  let state: 'running' | 'done' | 'failed' = 'running'

  const featureOf = (featureId: string | undefined): string => {
    const id = featureId ?? only
    if (id === undefined) throw new Error(`${path} is metered by several features: say which one was used, as in usage.add(1, 'id')`)
    if (!reserved.has(id)) throw new Error(`${path} is not metered by '${id}': it can count only ${[...reserved.keys()].join(', ')}`)
    return id
  }
  const count = (featureId: string, countAfter: (before: Amount) => Amount): Promise<void> => {
    if (state !== 'running') return account.tooLate(path)
    let before: Amount | undefined
    return account.cover(
      () => {
        before = counted.get(featureId)
        counted.set(featureId, countAfter(before ?? 0n))
      },
      () => {
        if (before === undefined) counted.delete(featureId)
        else counted.set(featureId, before)
      },
    )
  }
  const used = (featureId: string): Amount => (state === 'failed' ? 0n : (counted.get(featureId) ?? reserved.get(featureId) ?? 0n))

  return {
    usage: {
      operationId: account.operationId,
      add(units, id?: string) {
        const more = countOf(units, () => `usage.add() in ${path}`)
        return count(featureOf(id), (before) => before + more)
      },
      set(units, id?: string) {
        const all = countOf(units, () => `usage.set() in ${path}`)
        return count(featureOf(id), () => all)
      },
      counted(id?: string) {
        const units = counted.get(featureOf(id))
        return units === undefined ? null : unitsOf(units)
      },
      get receipt() {
        return account.receipt()
      },
    },
    required(featureId) {
      const atStart = reserved.get(featureId) ?? 0n
      // Where units beyond the hold are dropped or overdrawn at the end, none of them need to be held.
      const units = account.overage === 'refuse' ? used(featureId) : lesser(used(featureId), atStart)
      return state === 'running' && units < atStart ? atStart : units
    },
    used,
    counts: () => counted.size > 0,
    settleAt(settled) {
      for (const { featureId, units } of settled) counted.set(featureOf(featureId), units)
    },
    end(outcome) {
      state = outcome
    },
  }
}

function lesser(a: Amount, b: Amount): Amount {
  return a < b ? a : b
}
