import type { Catalog, PlanItem, RolloverRule } from '../../catalog.ts'
import { type Controls, NO_CONTROLS } from '../../controls.ts'
import type { Interval } from '../../period.ts'

/** A heap of units. Nothing here is shared with the engine: no ids, no folds, no changes, only what the rules speak of. */
export interface Heap {
  readonly name: string | null
  readonly feature: string
  readonly plan: PlanHeld | null
  readonly entity: string | null
  readonly perEntity: boolean
  readonly flag: boolean
  readonly unlimited: boolean
  readonly prepaid: bigint
  readonly interval: Interval | null
  readonly overage: { readonly max: bigint | null } | null
  readonly rollover: RolloverRule | null
  readonly since: number
  included: bigint
  anchor: number
  resetAt: number | null
  endsAt: number | null
  /** Counts the resets. */
  turn: number
  granted: bigint
  used: bigint
  carried: Carried[]
}

export interface Carried {
  granted: bigint
  used: bigint
  readonly endsAt: number | null
}

/** Units that came from a heap. */
export interface Part {
  readonly heap: Heap
  readonly carried: Carried | null
  readonly turn: number
  readonly amount: bigint
  readonly cost: bigint
}

export interface HoldItemHeld {
  readonly feature: string
  units: bigint
  parts: readonly Part[]
}

export interface HoldHeld {
  readonly id: string
  readonly entity: string | null
  readonly since: number
  readonly mode: 'reject' | 'cap' | 'overflow'
  readonly properties: Readonly<Record<string, unknown>> | null
  endsAt: number
  items: HoldItemHeld[]
}

export interface PlanHeld {
  readonly planId: string
  readonly group: string
  readonly addOn: boolean
  readonly entity: string | null
  readonly since: number
  readonly trialOnly: boolean
  readonly billing: Interval | null
  readonly perEntityItems: readonly PlanItem[]
  readonly controls: Controls
  trialEndsAt: number | null
  endsAt: number | null
  canceled: boolean
  periodEndsAt: number | null
}

export interface EntityHeld {
  readonly id: string
  readonly feature: string
  controls: Controls
}

export interface Window {
  readonly startsAt: number
  readonly endsAt: number
  used: bigint
}

/** One customer, as plain and as naive as the rules allow. */
export interface ModelState {
  now: number
  readonly createdAt: number
  /** How far the customer's clock was moved. */
  clockOffset: number
  heaps: Heap[]
  holds: HoldHeld[]
  plans: PlanHeld[]
  entities: EntityHeld[]
  trialsUsed: string[]
  controls: Controls
  readonly windows: Map<string, Window>
  readonly ended: Map<string, 'committed' | 'released' | 'expired'>
  /** What was tracked last, and not yet refunded. */
  tracked: readonly TrackedUse[]
}

export interface TrackedUse {
  readonly feature: string
  readonly entity: string | null
  readonly properties: Readonly<Record<string, unknown>> | null
  readonly parts: readonly Part[]
}

export function newModelState(now: number): ModelState {
  return {
    now,
    createdAt: now,
    clockOffset: 0,
    heaps: [],
    holds: [],
    plans: [],
    entities: [],
    trialsUsed: [],
    controls: NO_CONTROLS,
    windows: new Map(),
    ended: new Map(),
    tracked: [],
  }
}

export const ONE = 10_000_000_000n

/** Units times credits per unit, to the nearest ten-billionth, halves away from zero. */
export function priceOf(units: bigint, cost: bigint): bigint {
  const exact = units * cost
  const size = exact < 0n ? -exact : exact
  const rounded = (2n * size + ONE) / (2n * ONE)
  return exact < 0n ? -rounded : rounded
}

/** Units still to be paid: a quotient, since one credit at three credits a unit pays a third of a unit. */
export interface Rest {
  readonly parts: bigint
  readonly per: bigint
}

export const restOf = (units: bigint): Rest => ({ parts: units, per: 1n })

/** What a rest costs, to the nearest ten-billionth of a credit, halves upwards. */
export function priceOfRest({ parts, per }: Rest, cost: bigint): bigint {
  return (2n * parts * cost + per * ONE) / (2n * per * ONE)
}

/** What is left of a rest after a payment below its price. */
export function restAfter({ parts, per }: Rest, paid: bigint, cost: bigint): Rest {
  return { parts: parts * cost - paid * ONE * per, per: per * cost }
}

/** In units, a fraction of a ten-billionth counted as a whole one. */
export function unitsOfRest({ parts, per }: Rest): bigint {
  return (parts + per - 1n) / per
}

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
export const atLeastZero = (a: bigint): bigint => (a > 0n ? a : 0n)
export const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)

/** Whether units that came from a heap could still go back to it. */
export function stillCounts(state: ModelState, part: Part): boolean {
  if (!state.heaps.includes(part.heap)) return false
  return part.carried === null ? part.turn === part.heap.turn : part.heap.carried.includes(part.carried)
}

function openParts(state: ModelState): readonly Part[] {
  return state.holds.flatMap((hold) => hold.items.flatMap((item) => item.parts)).filter((part) => stillCounts(state, part))
}

export function heldOf(state: ModelState, heap: Heap, carried: Carried | null = null): bigint {
  return sum(openParts(state).flatMap((part) => (part.heap === heap && part.carried === carried ? [part.amount] : [])))
}

export function leftOf(state: ModelState, heap: Heap): bigint {
  return heap.granted - heap.used - heldOf(state, heap)
}

export function leftOfCarried(state: ModelState, heap: Heap, carried: Carried): bigint {
  return carried.granted - carried.used - heldOf(state, heap, carried)
}

/** What may still be given back to a heap: its use, less what open holds are giving back already. */
export function refundable(state: ModelState, heap: Heap): bigint {
  const promised = openParts(state).filter((part) => part.heap === heap && part.carried === null && part.amount < 0n)
  return atLeastZero(heap.used + sum(promised.map((part) => part.amount)))
}

/** Whether a customer, or one of its entities, may spend a heap. */
export function isUsable(heap: Heap, entity: string | null): boolean {
  return !heap.flag && (heap.entity === null || (entity === null ? heap.perEntity : heap.entity === entity))
}

const MINUTES: Readonly<Record<string, number>> = {
  minute: 1,
  hour: 60,
  day: 1440,
  week: 10_080,
  month: 43_200,
  quarter: 129_600,
  semi_annual: 259_200,
  year: 525_600,
}

export interface Source {
  readonly heap: Heap
  readonly cost: bigint
  readonly isPool: boolean
}

/** The heaps that pay for a feature, in the order in which they are spent. */
export function sourcesOf(catalog: Catalog, state: ModelState, feature: string, entity: string | null): readonly Source[] {
  const sources = state.heaps.flatMap((heap): readonly Source[] => {
    if (!isUsable(heap, entity)) return []
    if (heap.feature === feature) return [{ heap, cost: ONE, isPool: false }]
    const price = catalog.features.get(heap.feature)?.costs.find((each) => each.featureId === feature)
    return price ? [{ heap, cost: price.cost === 0n ? ONE : price.cost, isPool: true }] : []
  })
  const sorted = inOrder(sources, entity)
  const unlimited = sorted.find((source) => source.heap.unlimited)
  return unlimited ? [unlimited, ...sorted.filter((source) => source !== unlimited)] : sorted
}

/** Sources in the order in which they are spent: the first difference decides. */
export function inOrder(sources: readonly Source[], entity: string | null): readonly Source[] {
  const rank = ({ heap, isPool }: Source): readonly (number | string)[] => [
    heap.entity === entity ? 0 : 1,
    isPool ? 1 : 0,
    heap.unlimited ? 0 : 1,
    heap.interval === null ? Number.POSITIVE_INFINITY : (MINUTES[heap.interval.unit] ?? 0) * heap.interval.count,
    heap.endsAt ?? Number.POSITIVE_INFINITY,
    heap.entity ?? '',
    heap.plan?.addOn ? 1 : 0,
    heap.overage === null ? 0 : 1,
    heap.since,
  ]
  return [...sources].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)]
    const index = left.findIndex((value, place) => value !== right[place])
    return index < 0 ? 0 : (left[index] ?? 0) < (right[index] ?? 0) ? -1 : 1
  })
}
