import type { Controls, UsageLimit } from '../../controls.ts'
import { cycleAround } from './calendar.contract.ts'
import { atLeastZero, isUsable, least, leftOf, type ModelState, type Part, sum, type Window } from './modelState.contract.ts'

type Properties = Readonly<Record<string, unknown>> | null

/** Everything that is set, the strongest place first: the entity's, the customer's, the plans' together. */
function places(
  state: ModelState,
  entity: string | null,
): readonly { readonly entity: string | null; readonly set: readonly Controls[] }[] {
  const own = state.entities.find((each) => each.id === entity)
  const plans = state.plans.filter((plan) => plan.entity === null || plan.entity === entity)
  return [
    ...(own ? [{ entity: own.id, set: [own.controls] }] : []),
    { entity: null, set: [state.controls] },
    { entity: null, set: plans.map((plan) => plan.controls) },
  ]
}

/** Whether a feature may be used below zero: yes, no, or nothing is said. */
export function overageSaid(state: ModelState, feature: string, entity: string | null): boolean | null {
  for (const place of places(state, entity)) {
    const said = place.set.flatMap((set) => set.overageAllowed.filter((each) => each.featureId === feature))
    if (said.length > 0) return said.every((each) => each.enabled)
  }
  return null
}

/** How far below zero a feature may be used at most, by spend limits. */
export function spendLimit(state: ModelState, feature: string, entity: string | null): bigint | null {
  for (const place of places(state, entity)) {
    const limits = place.set.flatMap((set) => set.spendLimits.filter((each) => each.featureId === feature && each.enabled))
    const numbers = limits.flatMap((limit) => (limit.overageLimit === null ? [] : [limit.overageLimit]))
    if (numbers.length > 0) return numbers.reduce(least)
  }
  return null
}

/** How far below zero the heaps of a feature stand; `taken` has just been taken as well. */
export function overdrawn(state: ModelState, feature: string, entity: string | null, taken: readonly Part[]): bigint {
  const heaps = state.heaps.filter((heap) => heap.feature === feature && isUsable(heap, entity))
  return sum(heaps.map((heap) => atLeastZero(-leftOf(state, heap) + takenFrom(taken, heap))))
}

export function takenFrom(taken: readonly Part[], heap: Part['heap']): bigint {
  return sum(taken.flatMap((part) => (part.heap === heap && part.carried === null ? [part.amount] : [])))
}

interface InForce {
  readonly limit: UsageLimit
  readonly key: string
}

function limitsInForce(state: ModelState, feature: string, entity: string | null, properties: Properties): readonly InForce[] {
  const matches = ({ filter }: UsageLimit): boolean =>
    filter === null || Object.entries(filter).every(([name, value]) => properties?.[name] === value)
  for (const place of places(state, entity)) {
    const limits = place.set.flatMap((set) => set.usageLimits.filter((each) => each.featureId === feature && each.enabled && matches(each)))
    if (limits.length === 0) continue
    return limits.map((limit) => ({
      limit,
      key: JSON.stringify([feature, place.entity, limit.interval, limit.anchor, limit.filter]),
    }))
  }
  return []
}

function windowNow(state: ModelState, { limit, key }: InForce): Window {
  const open = state.windows.get(key)
  if (open && open.startsAt <= state.now && state.now < open.endsAt) return open
  const monday = Date.UTC(1970, 0, 5)
  const calendar = limit.interval === 'week' ? monday : 0
  const anchor = limit.anchor === 'utc' ? calendar : (state.plans[0]?.since ?? state.createdAt)
  return { ...cycleAround(anchor, { unit: limit.interval, count: 1 }, state.now), used: 0n }
}

/** What usage limits still let through; null: there are none. */
export function roomUnderLimits(state: ModelState, feature: string, entity: string | null, properties: Properties): bigint | null {
  const rooms = limitsInForce(state, feature, entity, properties).map((each) => {
    return atLeastZero(each.limit.limit - windowNow(state, each).used)
  })
  return rooms.length === 0 ? null : rooms.reduce(least)
}

/** Counts units under the limits of a feature; those that were counted at an earlier time do not touch a window that began since. */
export function countUse(
  state: ModelState,
  feature: string,
  entity: string | null,
  properties: Properties,
  units: bigint,
  countedAt: number | null,
): void {
  if (units === 0n) return
  const inForce = limitsInForce(state, feature, entity, properties)
  for (const key of new Set(inForce.map((each) => each.key))) {
    const window = windowNow(state, inForce.find((each) => each.key === key) as InForce)
    if (countedAt !== null && countedAt < window.startsAt) continue
    state.windows.set(key, { ...window, used: atLeastZero(window.used + units) })
  }
}
