import type { UpdateBalance } from '../../command.ts'
import {
  atLeastZero,
  type Heap,
  heldOf,
  inOrder,
  least,
  leftOf,
  leftOfCarried,
  type ModelState,
  ONE,
  refundable,
  sum,
} from './modelState.contract.ts'

/** Sets a balance by hand; false when there is none of that name. Afterwards the balance reads what was asked for. */
export function correct(state: ModelState, update: UpdateBalance): boolean {
  const { featureId, entityId, balanceId, interval } = update
  const named = (): readonly Heap[] => {
    const heaps = state.heaps.filter((heap) => {
      const unit = heap.interval?.unit ?? 'one_off'
      const isNamed = (balanceId === null || heap.name === balanceId) && (interval === null || unit === interval)
      return heap.feature === featureId && heap.entity === entityId && isNamed
    })
    const sources = heaps.map((heap) => ({ heap, cost: ONE, isPool: false }))
    return inOrder(sources, entityId).map((source) => source.heap)
  }
  const [first] = named()
  if (!first) return false
  changeTerms(first, update)
  const heaps = named().filter((heap) => !heap.flag)
  if (update.remaining !== undefined) setRemaining(state, heaps, update.remaining)
  else if (update.used !== undefined) setUsed(state, heaps, update.used)
  else if (update.add !== undefined) change(state, heaps, update.add)
  return true
}

function changeTerms(heap: Heap, { included, nextResetAt, expiresAt }: UpdateBalance): void {
  if (included !== undefined) {
    heap.granted += included - heap.included
    heap.included = included
  }
  if (nextResetAt !== undefined && heap.interval !== null) {
    heap.anchor = nextResetAt
    heap.resetAt = nextResetAt
  }
  if (expiresAt !== undefined) heap.endsAt = expiresAt
}

/** What was overdrawn is cleared first; then there are so many units left, no more and no fewer. */
function setRemaining(state: ModelState, all: readonly Heap[], remaining: bigint): void {
  const heaps = all.filter((heap) => !heap.unlimited)
  for (const heap of heaps) {
    const over = atLeastZero(-leftOf(state, heap))
    const undone = least(over, refundable(state, heap))
    heap.used -= undone
    heap.granted += over - undone
  }
  const left = heaps.flatMap((heap) => [leftOf(state, heap), ...heap.carried.map((each) => leftOfCarried(state, heap, each))])
  change(state, heaps, remaining - sum(left))
}

function setUsed(state: ModelState, heaps: readonly Heap[], used: bigint): void {
  const gone = heaps.flatMap((heap) => [
    heap.used + heldOf(state, heap),
    ...heap.carried.map((each) => each.used + heldOf(state, heap, each)),
  ])
  const more = used - sum(gone)
  if (more < 0n) undo(state, heaps, -more)
  else spend(state, heaps, more)
}

/** Makes so many more units remain, or fewer. */
function change(state: ModelState, heaps: readonly Heap[], units: bigint): void {
  if (units < 0n) {
    spend(state, heaps, -units)
    return
  }
  const missing = undo(state, heaps, units)
  const raised = heaps.find((heap) => !heap.unlimited)
  if (raised) raised.granted += missing
}

/** Undoes use: of unlimited heaps, then of overdrawn ones, then of all, and at last of what was carried over. Answers what could not be undone. */
function undo(state: ModelState, heaps: readonly Heap[], units: bigint): bigint {
  let left = units
  const take = (counter: { used: bigint }, most: bigint): void => {
    const amount = least(left, atLeastZero(most))
    counter.used -= amount
    left -= amount
  }
  const limited = heaps.filter((heap) => !heap.unlimited)
  for (const heap of heaps) if (heap.unlimited) take(heap, refundable(state, heap))
  for (const heap of limited) take(heap, least(-leftOf(state, heap), refundable(state, heap)))
  for (const heap of limited) take(heap, refundable(state, heap))
  for (const heap of heaps) for (const each of heap.carried) take(each, each.used)
  return left
}

/** Counts units as used, in the order of spending; what does not fit overdraws the first heap. */
function spend(state: ModelState, heaps: readonly Heap[], units: bigint): void {
  let left = units
  const take = (counter: { used: bigint }, most: bigint): void => {
    const amount = least(left, atLeastZero(most))
    counter.used += amount
    left -= amount
  }
  const [first] = heaps
  if (!first) return
  if (first.unlimited) take(first, left)
  const carried = heaps.flatMap((heap) => heap.carried.map((each) => ({ heap, each })))
  const ending = ({ each }: (typeof carried)[number]): number => each.endsAt ?? Number.MAX_SAFE_INTEGER
  for (const { heap, each } of carried.sort((a, b) => ending(a) - ending(b))) take(each, leftOfCarried(state, heap, each))
  for (const heap of heaps) take(heap, leftOf(state, heap))
  take(first, left)
}
