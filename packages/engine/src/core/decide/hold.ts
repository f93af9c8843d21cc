import type { Amount } from '../amount.ts'
import type { After, Answers, Commit, Extend, Refusal, Release, Reserve, Shortfall } from '../command.ts'
import { change, type Draft } from '../draft.ts'
import { mergedItems } from '../evolve.ts'
import type { Hold, HoldItem } from '../hold.ts'
import { type ItemSettlement, settle, settlementOf } from '../settle.ts'
import { countFunded, fund, unknownOf } from './admission.ts'

/** Sets units aside: all items or none. */
export function decideReserve(draft: Draft, reserve: Reserve): Answers['reserve'] | Refusal {
  const { holdId, entityId, overage, expiresAt, properties } = reserve
  const scope = { entityId }
  const unknown = unknownOf(draft, reserve.items, scope) ?? uncounted(draft, reserve)
  if (unknown) return unknown
  if (draft.state.holds.some((hold) => hold.id === holdId)) return { ok: false, customer: draft.state, code: 'hold_exists', holdId }
  const { items, shortages } = fund(draft, { items: reserve.items, scope, overage, properties, purpose: 'hold' })
  if (shortages.length > 0) return { ok: false, customer: draft.state, code: 'short', shortages }
  const hold: Hold = {
    id: holdId,
    operation: reserve.operation,
    entityId,
    createdAt: draft.moment.now,
    expiresAt: instantOf(draft, expiresAt),
    overage,
    items: mergedItems([], items),
    properties,
  }
  change(draft, { kind: 'held', hold })
  for (const item of items) countFunded(draft, item, scope, properties)
  return { ok: true, customer: draft.state, hold }
}

/** Adds units to a hold: all items or none. Extending never takes what is not there, whatever the hold's mode. */
export function decideExtend(draft: Draft, extend: Extend): Answers['extend'] | Refusal {
  const hold = draft.state.holds.find((each) => each.id === extend.holdId)
  if (!hold) return holdNotFound(draft, extend.holdId)
  const scope = { entityId: hold.entityId }
  const unknown = unknownOf(draft, extend.items, scope)
  if (unknown) return unknown
  const { items, shortages } = fund(draft, { items: extend.items, scope, overage: 'reject', properties: hold.properties, purpose: 'hold' })
  if (shortages.length > 0) return { ok: false, customer: draft.state, code: 'short', shortages }
  change(draft, { kind: 'hold_extended', holdId: hold.id, items, expiresAt: instantOf(draft, extend.expiresAt ?? hold.expiresAt) })
  for (const item of items) countFunded(draft, item, scope, hold.properties)
  const extended = draft.state.holds.find((each) => each.id === extend.holdId) ?? hold
  return { ok: true, customer: draft.state, hold: extended }
}

/** Ends a hold as used. A commit above the hold that does not fit is refused under `reject`, and the hold stays. */
export function decideCommit(draft: Draft, commit: Commit): Answers['commit'] | Refusal {
  const hold = draft.state.holds.find((each) => each.id === commit.holdId)
  if (!hold) return holdNotFound(draft, commit.holdId)
  const overage = commit.overage ?? hold.overage
  const unknown = unknownOf(draft, commit.units, { entityId: null })
  if (unknown) return unknown
  // A feature that was not held may have been used all the same: it is spent like units beyond a hold.
  const unheld: HoldItem[] = []
  for (const { featureId } of commit.units) {
    if (!hold.items.some((item) => item.featureId === featureId)) unheld.push({ featureId, units: 0n, payments: [] })
  }
  const whole: Hold = unheld.length === 0 ? hold : { ...hold, items: [...hold.items, ...unheld] }
  const wanted = (item: HoldItem): Amount => commit.units.find(({ featureId }) => featureId === item.featureId)?.units ?? item.units
  const items = settlementOf(draft, whole, wanted, overage)
  const shortages = overage === 'reject' ? items.filter(({ missing }) => missing > 0n).map(shortfallOf) : []
  if (shortages.length > 0) return { ok: false, customer: draft.state, code: 'short', shortages }
  const properties = commit.properties ? { ...hold.properties, ...commit.properties } : hold.properties
  const settlement = settle(draft, hold, 'committed', items, properties)
  return { ok: true, customer: draft.state, settlement }
}

/** Ends a hold as not used: every unit goes back to the grant it came from. */
export function decideRelease(draft: Draft, release: Release): Answers['release'] | Refusal {
  const hold = draft.state.holds.find((each) => each.id === release.holdId)
  if (!hold) return holdNotFound(draft, release.holdId)
  const items = settlementOf(draft, hold, () => 0n, 'reject')
  const settlement = settle(draft, hold, 'released', items, hold.properties)
  return { ok: true, customer: draft.state, settlement }
}

function instantOf(draft: Draft, at: number | After): number {
  return typeof at === 'number' ? at : draft.moment.now + at.afterMs
}

function shortfallOf({ featureId, units, held, shortOf }: ItemSettlement): Shortfall {
  return { featureId, reason: shortOf, required: units - held }
}

function holdNotFound(draft: Draft, holdId: string): Refusal {
  const ended = draft.state.endedHolds.findLast((each) => each.id === holdId)
  return { ok: false, customer: draft.state, code: 'hold_not_found', holdId, became: ended?.outcome ?? null }
}

function uncounted(draft: Draft, reserve: Reserve): Refusal | null {
  const item = reserve.items.find(({ featureId }) => draft.moment.catalog.features.get(featureId)?.type === 'boolean')
  return item ? { ok: false, customer: draft.state, code: 'feature_not_counted', featureId: item.featureId } : null
}
