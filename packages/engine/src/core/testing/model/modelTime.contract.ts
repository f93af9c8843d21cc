import type { Catalog } from '../../catalog.ts'
import { boundary, cycleAround } from './calendar.contract.ts'
import { settle } from './modelHolds.contract.ts'
import { end, follow } from './modelPlans.contract.ts'
import { atLeastZero, type Heap, least, leftOf, leftOfCarried, type ModelState, sum } from './modelState.contract.ts'

/** Lets time pass: whatever fell due happens, the earliest first; at one instant holds before heaps and heaps before plans. */
export function pass(catalog: Catalog, state: ModelState): void {
  for (;;) {
    const event = nextEvent(catalog, state)
    if (event === null || event.at > state.now) return
    event.happen()
  }
}

interface Due {
  readonly at: number
  readonly happen: () => void
}

function nextEvent(catalog: Catalog, state: ModelState): Due | null {
  const events: Due[] = []
  const due = (at: number | null, happen: () => void): void => {
    if (at !== null) events.push({ at, happen })
  }
  for (const hold of state.holds) due(hold.endsAt, () => settle(catalog, state, hold, 'expired', () => 0n, 'reject'))
  for (const heap of state.heaps) {
    for (const carried of heap.carried) {
      due(carried.endsAt, () => {
        heap.carried = heap.carried.filter((each) => each !== carried)
      })
    }
    due(heap.endsAt, () => {
      state.heaps = state.heaps.filter((each) => each !== heap)
    })
    due(heap.resetAt, () => reset(state, heap))
  }
  for (const plan of state.plans) {
    due(plan.endsAt, () => {
      const at = plan.endsAt ?? state.now
      end(state, plan)
      follow(catalog, state, plan, at)
    })
    due(plan.trialEndsAt, () => {
      plan.trialEndsAt = null
    })
    due(plan.periodEndsAt, () => {
      plan.periodEndsAt = plan.billing && cycleAround(plan.since, plan.billing, state.now).endsAt
    })
  }
  // The sort keeps events of one instant in the order in which they were listed.
  return events.sort((a, b) => a.at - b.at)[0] ?? null
}

/** A new cycle, the one around now; of the one that ended, what was not used may be carried over. */
function reset(state: ModelState, heap: Heap): void {
  const unused = leftOf(state, heap)
  const months = heap.rollover?.expiresAfterMonths ?? null
  const carried = heap.carried.filter((each) => leftOfCarried(state, heap, each) !== 0n || each.used !== each.granted)
  if (heap.rollover && unused > 0n && heap.resetAt !== null) {
    const endsAt = months === null ? null : boundary(heap.resetAt, { unit: 'month', count: months }, 1)
    carried.push({ granted: unused, used: 0n, endsAt })
    const { max, maxPercentage } = heap.rollover
    const share = maxPercentage === null ? null : wholeUnits(((heap.included + heap.prepaid) * BigInt(maxPercentage)) / 100n)
    const caps = [max, share].filter((cap) => cap !== null)
    let excess = caps.length === 0 ? 0n : atLeastZero(sum(carried.map((each) => leftOfCarried(state, heap, each))) - caps.reduce(least))
    for (const each of carried) {
      const cut = least(excess, leftOfCarried(state, heap, each))
      each.granted -= cut
      excess -= cut
    }
  }
  heap.carried = carried.filter((each) => leftOfCarried(state, heap, each) !== 0n || each.used !== each.granted)
  heap.turn += 1
  heap.granted = heap.included + heap.prepaid
  heap.used = 0n
  heap.resetAt = heap.interval && cycleAround(heap.anchor, heap.interval, state.now).endsAt
}

function wholeUnits(amount: bigint): bigint {
  return (amount / 10_000_000_000n) * 10_000_000_000n
}
