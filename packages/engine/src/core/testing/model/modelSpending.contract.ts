import type { Catalog } from '../../catalog.ts'
import { countUse, overageSaid, overdrawn, roomUnderLimits, spendLimit, takenFrom } from './modelLimits.contract.ts'
import {
  atLeastZero,
  type Carried,
  least,
  leftOf,
  leftOfCarried,
  type ModelState,
  type Part,
  priceOfRest,
  refundable,
  restAfter,
  restOf,
  type Source,
  sourcesOf,
  sum,
  unitsOfRest,
} from './modelState.contract.ts'

export interface Wanted {
  readonly feature: string
  readonly units: bigint
  readonly entity: string | null
  readonly mode: 'reject' | 'cap' | 'overflow'
  readonly properties: Readonly<Record<string, unknown>> | null
}

export interface Found {
  readonly parts: readonly Part[]
  /** Units that nobody pays for. */
  readonly unpaid: bigint
}

/** Who would pay for units, by the rules; nothing is taken yet. */
export function find(catalog: Catalog, state: ModelState, wanted: Wanted): Found {
  const sources = sourcesOf(catalog, state, wanted.feature, wanted.entity)
  if (wanted.units < 0n) return findBack(state, sources, wanted.units)
  const { feature, entity, mode, properties } = wanted
  const parts: Part[] = []
  const room = mode === 'overflow' ? null : roomUnderLimits(state, feature, entity, properties)
  const payable = room === null ? wanted.units : least(wanted.units, room)
  let left = restOf(payable)
  const withheld = wanted.units - payable

  const ask = ({ heap, cost, isPool }: Source, most: bigint | null, carried: Carried | null = null): void => {
    if (left.parts === 0n || (most !== null && most <= 0n)) return
    const poolRoom = isPool && mode !== 'overflow' ? roomUnderLimits(state, heap.feature, entity, properties) : null
    const spent = sum(parts.flatMap((part) => (part.heap.feature === heap.feature ? [part.amount] : [])))
    const bounds = [most, poolRoom === null ? null : atLeastZero(poolRoom - spent)].filter((bound) => bound !== null)
    const price = priceOfRest(left, cost)
    const amount = bounds.reduce(least, price)
    if (amount === 0n && price > 0n) return
    if (amount > 0n) parts.push({ heap, carried, turn: heap.turn, amount, cost })
    left = amount === price ? restOf(0n) : restAfter(left, amount, cost)
  }

  const [first] = sources
  if (first?.heap.unlimited) ask(first, null)
  const carried = sources.flatMap((source) => source.heap.carried.map((each) => ({ source, each })))
  const ending = ({ each }: (typeof carried)[number]): number => each.endsAt ?? Number.POSITIVE_INFINITY
  carried.sort((a, b) => (ending(a) < ending(b) ? -1 : ending(a) > ending(b) ? 1 : 0))
  for (const { source, each } of carried) ask(source, leftOfCarried(state, source.heap, each), each)
  for (const source of sources) ask(source, source.heap.unlimited ? null : leftOf(state, source.heap))
  for (const source of sources) if (!source.heap.unlimited) ask(source, overageLeft(state, source, entity, parts))
  const areFreeSeats = catalog.features.get(feature)?.consumable === false && sources.every((source) => source.heap.overage === null)
  if (first && (mode === 'overflow' || (mode === 'cap' && areFreeSeats))) {
    const limit = spendLimit(state, first.heap.feature, entity)
    ask(first, limit === null ? null : limit - overdrawn(state, first.heap.feature, entity, parts))
  }
  const unpaid = unitsOfRest(left) + withheld
  return mode === 'reject' && unpaid > 0n ? { parts: [], unpaid: wanted.units } : { parts, unpaid }
}

function overageLeft(state: ModelState, { heap }: Source, entity: string | null, parts: readonly Part[]): bigint | null {
  const said = overageSaid(state, heap.feature, entity)
  if (said === false || (said === null && heap.overage === null)) return 0n
  const limit = spendLimit(state, heap.feature, entity)
  if (limit !== null) return limit - overdrawn(state, heap.feature, entity, parts)
  const max = heap.overage?.max ?? null
  return max === null ? null : max - atLeastZero(takenFrom(parts, heap) - leftOf(state, heap))
}

/** To whom units would go back: the overdrawn first, then everyone up to what was used. */
export function findBack(state: ModelState, sources: readonly Source[], units: bigint): Found {
  const takers = sources[0]?.heap.unlimited ? sources.slice(0, 1) : sources
  const parts: Part[] = []
  let left = restOf(-units)
  const give = ({ heap, cost }: Source, most: bigint): void => {
    const room = least(most, refundable(state, heap) + takenFrom(parts, heap))
    if (left.parts === 0n || room <= 0n) return
    const price = priceOfRest(left, cost)
    const amount = least(price, room)
    if (amount > 0n) parts.push({ heap, carried: null, turn: heap.turn, amount: -amount, cost })
    left = amount === price ? restOf(0n) : restAfter(left, amount, cost)
  }
  for (const taker of takers) if (!taker.heap.unlimited) give(taker, -leftOf(state, taker.heap))
  for (const taker of takers) give(taker, refundable(state, taker.heap))
  return { parts, unpaid: -unitsOfRest(left) }
}

/** Counts parts as used. */
export function use(parts: readonly Part[]): void {
  for (const part of parts) {
    const counter = part.carried ?? part.heap
    counter.used += part.amount
  }
}

/** Counts units, and what pools paid for them, under the usage limits. */
export function count(state: ModelState, wanted: Omit<Wanted, 'mode'>, parts: readonly Part[], countedAt: number | null): void {
  const { feature, units, entity, properties } = wanted
  countUse(state, feature, entity, properties, units, countedAt)
  for (const pool of new Set(parts.map((part) => part.heap.feature))) {
    if (pool === feature) continue
    const amount = sum(parts.flatMap((part) => (part.heap.feature === pool ? [part.amount] : [])))
    countUse(state, pool, entity, properties, amount, countedAt)
  }
}
