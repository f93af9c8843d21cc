import { merged } from '../burnDown.ts'
import type { Answers, FeatureUnits, Refusal, Track } from '../command.ts'
import { change, type Draft } from '../draft.ts'
import type { Use } from '../entry.ts'
import type { HoldItem } from '../hold.ts'
import { countFunded, fund, unknownOf } from './admission.ts'

/** Uses units at once. Under `reject` all items are paid or none; otherwise each takes what its mode allows. */
export function decideTrack(draft: Draft, track: Track): Answers['track'] | Refusal {
  const scope = { entityId: track.entityId }
  const unknown = unknownOf(draft, track.items, scope)
  if (unknown) return unknown
  const funding = fund(draft, { items: track.items, scope, overage: track.overage, properties: track.properties, purpose: 'use' })
  const short = funding.shortages.filter((shortage) => isCounted(draft, shortage.featureId))
  if (track.overage === 'reject' && short.length > 0) return { ok: false, customer: draft.state, code: 'short', shortages: short }
  const uses = track.items.map((item, index) => recordUse(draft, track, item, funding.items[index]))
  return { ok: true, customer: draft.state, uses }
}

function isCounted(draft: Draft, featureId: string): boolean {
  return draft.moment.catalog.features.get(featureId)?.type !== 'boolean'
}

function recordUse(draft: Draft, track: Track, { featureId, units }: FeatureUnits, funded: HoldItem | undefined): Use {
  const payments = merged(funded?.payments ?? [])
  const { entityId, eventName, properties, timestamp } = track
  const use: Use = { featureId, entityId, units, payments, eventName, properties, timestamp }
  change(draft, { kind: 'used', use })
  if (funded) countFunded(draft, funded, { entityId }, properties)
  return use
}
