import type { Amount } from '../amount.ts'
import type { Answers, CreateBalance, DeleteBalance, Refusal, UpdateBalance } from '../command.ts'
import { change, type Draft } from '../draft.ts'
import { type Grant, remainingOf } from '../grant.ts'
import { compareGrants } from '../payers.ts'
import { cycleEnd } from '../period.ts'
import { closeGrant } from '../plans.ts'
import { unknownOf } from './admission.ts'

/** Grants units that belong to no plan: a top-up, a gift. */
export function decideCreateBalance(draft: Draft, create: CreateBalance): Answers['create_balance'] | Refusal {
  const { featureId, entityId, balanceId, interval } = create
  const unknown = unknownOf(draft, [{ featureId, units: 0n }], { entityId })
  if (unknown) return unknown
  const { now, newId, catalog } = draft.moment
  const flag = catalog.features.get(featureId)?.type === 'boolean'
  const taken = draft.state.grants.some((grant) => grant.id === balanceId || (flag && grant.flag && grant.featureId === featureId))
  if (taken) return { ok: false, customer: draft.state, code: 'balance_exists', balanceId: balanceId ?? featureId }
  const grant: Grant = {
    id: balanceId ?? newId('cus_ent'),
    featureId,
    planId: null,
    subscriptionId: null,
    itemId: null,
    entityId,
    perEntity: false,
    flag,
    unlimited: create.unlimited,
    included: create.included,
    prepaid: 0n,
    interval,
    anchorAt: create.nextResetAt ?? now,
    nextResetAt: interval ? (create.nextResetAt ?? cycleEnd(now, interval, now)) : null,
    expiresAt: create.expiresAt,
    createdAt: now,
    addOn: false,
    overage: null,
    rollover: create.rollover,
    price: null,
    cycle: 0,
    granted: create.included,
    used: 0n,
    held: 0n,
    rollovers: [],
  }
  change(draft, { kind: 'granted', grant })
  return { ok: true, customer: draft.state, grant }
}

/** Sets what remains, what was used, or what is granted. Units set by hand move over the feature's grants in the order in which they are spent. */
export function decideUpdateBalance(draft: Draft, update: UpdateBalance): Answers['update_balance'] | Refusal {
  const unknown = unknownOf(draft, [{ featureId: update.featureId, units: 0n }], { entityId: update.entityId })
  if (unknown) return unknown
  const grants = grantsNamed(draft, update)
  const [first] = grants
  if (!first) return { ok: false, customer: draft.state, code: 'balance_not_found', featureId: update.featureId }
  if (update.included !== undefined || update.nextResetAt !== undefined || update.expiresAt !== undefined) adjustTerms(draft, first, update)
  const moved = grants.map((grant) => draft.state.grants.find((each) => each.id === grant.id) ?? grant)
  const remaining = moved.reduce((sum, grant) => sum + remainingOf(grant), 0n)
  const used = moved.reduce((sum, grant) => sum + grant.used + grant.held, 0n)
  if (update.remaining !== undefined) shiftRemaining(draft, moved, update.remaining - remaining)
  else if (update.used !== undefined) shiftRemaining(draft, moved, used - update.used)
  else if (update.add !== undefined) shiftRemaining(draft, moved, update.add)
  return { ok: true, customer: draft.state }
}

export function decideDeleteBalance(draft: Draft, remove: DeleteBalance): Answers['delete_balance'] | Refusal {
  const grants = grantsNamed(draft, { ...remove, interval: null })
  if (grants.length === 0) return { ok: false, customer: draft.state, code: 'balance_not_found', featureId: remove.featureId }
  for (const grant of grants) closeGrant(draft, grant, 'deleted')
  return { ok: true, customer: draft.state }
}

function grantsNamed(draft: Draft, named: Pick<UpdateBalance, 'featureId' | 'entityId' | 'balanceId' | 'interval'>): readonly Grant[] {
  const scope = { entityId: named.entityId }
  return draft.state.grants
    .filter((grant) => grant.featureId === named.featureId && grant.entityId === named.entityId)
    .filter((grant) => named.balanceId === null || grant.id === named.balanceId)
    .filter((grant) => named.interval === null || (grant.interval?.unit ?? 'one_off') === named.interval)
    .sort((a, b) => compareGrants(a, b, scope))
}

function adjustTerms(draft: Draft, grant: Grant, update: UpdateBalance): void {
  const included = update.included ?? grant.included
  change(draft, {
    kind: 'adjusted',
    grant: {
      ...grant,
      included,
      granted: grant.granted + included - grant.included,
      ...(update.nextResetAt === undefined ? {} : { nextResetAt: update.nextResetAt, anchorAt: update.nextResetAt }),
      ...(update.expiresAt === undefined ? {} : { expiresAt: update.expiresAt }),
    },
  })
}

/** Raises or lowers what remains by changing what counts as used; what exceeds the use raises what is granted. */
function shiftRemaining(draft: Draft, grants: readonly Grant[], difference: Amount): void {
  let left = difference
  for (const [index, grant] of grants.entries()) {
    if (left === 0n) return
    const isLast = index === grants.length - 1
    const remaining = remainingOf(grant)
    const room = left > 0n ? grant.used : remaining > 0n ? remaining : 0n
    const size = left > 0n ? left : -left
    const moved = isLast || room >= size ? size : room
    const lowered = left > 0n ? -(moved > grant.used && grant.used >= 0n ? grant.used : moved) : moved
    const raisedGrant = left > 0n ? moved + lowered : 0n
    if (moved !== 0n)
      change(draft, { kind: 'adjusted', grant: { ...grant, used: grant.used + lowered, granted: grant.granted + raisedGrant } })
    left = left > 0n ? left - moved : left + moved
  }
}
