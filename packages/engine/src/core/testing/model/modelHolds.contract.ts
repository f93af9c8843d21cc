import type { Catalog } from '../../catalog.ts'
import { count, find, findBack, use } from './modelSpending.contract.ts'
import { type HoldHeld, type ModelState, type Part, priceOfRest, restAfter, restOf, sourcesOf } from './modelState.contract.ts'

/** How one item of a hold comes out. */
interface Outcome {
  readonly feature: string
  readonly held: bigint
  readonly units: bigint
  readonly keptUnits: bigint
  readonly kept: readonly Part[]
  readonly returned: readonly Part[]
}

export interface Settled {
  /** The features for whose units beyond the hold there was not enough. */
  readonly short: readonly string[]
}

/**
 * Ends a hold with so many units used of each item. When something is short and the mode is `reject`, the state is spoilt: throw it away.
 */
export function settle(
  catalog: Catalog,
  state: ModelState,
  hold: HoldHeld,
  outcome: 'committed' | 'released' | 'expired',
  unitsOf: (feature: string, held: bigint) => bigint,
  mode: HoldHeld['mode'],
): Settled {
  const outcomes = hold.items.map((item): Outcome => {
    const units = unitsOf(item.feature, item.units)
    const keptUnits = between(units, item.units)
    return { feature: item.feature, held: item.units, units, keptUnits, ...split(item.parts, item.units, keptUnits) }
  })
  const wereCounted = new Map(outcomes.map((each) => [each, countable(state, each.kept)]))
  state.holds = state.holds.filter((each) => each !== hold)
  state.ended.set(hold.id, outcome)
  for (const each of outcomes) use(wereCounted.get(each) ?? [])
  for (const { returned } of outcomes) for (const part of returned) redirect(catalog, state, hold, part)

  const scope = { entity: hold.entity, properties: hold.properties }
  for (const { feature, held, keptUnits, returned } of outcomes) {
    const back = returned.map((part) => ({ ...part, amount: -part.amount }))
    count(state, { feature, units: keptUnits - held, ...scope }, back, hold.since)
  }
  const short: string[] = []
  for (const { feature, units, keptUnits } of outcomes) {
    if (units === keptUnits) continue
    const { parts, unpaid } = find(catalog, state, { feature, units: units - keptUnits, mode, ...scope })
    if (unpaid > 0n) short.push(feature)
    use(parts)
    count(state, { feature, units: units - keptUnits - unpaid, ...scope }, parts, null)
  }
  return { short }
}

/** As many of the held units as were used: none when they were used the other way round. */
function between(units: bigint, held: bigint): bigint {
  if (held >= 0n) return units <= 0n ? 0n : units < held ? units : held
  return units >= 0n ? 0n : units > held ? units : held
}

/** The first parts stay, as many as would have paid for the kept units alone; the last ones go back first. */
function split(
  parts: readonly Part[],
  held: bigint,
  keptUnits: bigint,
): { readonly kept: readonly Part[]; readonly returned: readonly Part[] } {
  if (keptUnits === held) return { kept: parts, returned: [] }
  const kept: Part[] = []
  const returned: Part[] = []
  let left = restOf(size(keptUnits))
  for (const part of parts) {
    const price = priceOfRest(left, part.cost)
    const paid = size(part.amount)
    const stays = paid < price ? paid : price
    const sign = part.amount < 0n ? -1n : 1n
    if (stays > 0n) kept.push({ ...part, amount: sign * stays })
    if (stays < paid) returned.unshift({ ...part, amount: sign * (paid - stays) })
    left = paid >= price ? restOf(0n) : restAfter(left, paid, part.cost)
  }
  return { kept, returned }
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount
}

/** Parts of a cycle that has ended count in that cycle, not in the present one. */
function countable(state: ModelState, parts: readonly Part[]): readonly Part[] {
  return parts.filter((part) => {
    if (!state.heaps.includes(part.heap)) return false
    return part.carried === null ? part.turn === part.heap.turn : part.heap.carried.includes(part.carried)
  })
}

/** Units of a plan that is gone lower the use of the plans that hold the feature now. */
function redirect(catalog: Catalog, state: ModelState, hold: HoldHeld, part: Part): void {
  if (part.heap.plan === null || part.amount <= 0n || state.heaps.includes(part.heap)) return
  const takers = sourcesOf(catalog, state, part.heap.feature, hold.entity).filter((source) => source.heap.plan !== null)
  use(findBack(state, takers, -part.amount).parts)
}
