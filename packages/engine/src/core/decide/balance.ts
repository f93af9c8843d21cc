import type { Answers, CreateBalance, DeleteBalance, Refusal, UpdateBalance } from '../command.ts'
import { withMore, withRemaining, withUsed } from '../correction.ts'
import { change, type Draft } from '../draft.ts'
import type { Grant } from '../grant.ts'
import { compareGrants } from '../payers.ts'
import { cycleEnd } from '../period.ts'
import { closeGrant } from '../plans.ts'
import { unknownOf } from './admission.ts'

/** Grants units that belong to no plan: a top-up, a gift. */
export function decideCreateBalance(draft: Draft, create: CreateBalance): Answers['create_balance'] | Refusal {
  const { featureId, entityId, balanceId } = create
  const unknown = unknownOf(draft, [{ featureId, units: 0n }], { entityId })
  if (unknown) return unknown
  const { now, newId, catalog } = draft.moment
  const feature = catalog.features.get(featureId)
  const flag = feature?.type === 'boolean'
  // What is unlimited, or occupied rather than used up, has nothing to start afresh.
  const interval = create.unlimited || feature?.consumable === false ? null : create.interval
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
    nextResetAt: interval && (create.nextResetAt ?? cycleEnd(now, interval, now)),
    expiresAt: create.expiresAt,
    createdAt: now,
    addOn: false,
    overage: null,
    rollover: create.rollover,
    price: null,
    // Beyond every cycle of a balance that had the same id before: what was paid or is held of that one is not this one's.
    cycle: draft.state.seq + 1,
    granted: create.included,
    used: 0n,
    held: 0n,
    rollovers: [],
  }
  change(draft, { kind: 'granted', grant })
  return { ok: true, customer: draft.state, grant }
}

/**
 * Sets what remains, what was used, or what is granted.
 *
 * Afterwards the balance reads what was asked for. Units move over the feature's grants as a use or a give-back would; what remains beyond
 * what was granted raises the grant, and setting what remains clears what was overdrawn. Holds stay as they are.
 */
export function decideUpdateBalance(draft: Draft, update: UpdateBalance): Answers['update_balance'] | Refusal {
  const unknown = unknownOf(draft, [{ featureId: update.featureId, units: 0n }], { entityId: update.entityId })
  if (unknown) return unknown
  const [first] = grantsNamed(draft, update)
  if (!first) return { ok: false, customer: draft.state, code: 'balance_not_found', featureId: update.featureId }
  if (update.included !== undefined || update.nextResetAt !== undefined || update.expiresAt !== undefined) adjustTerms(draft, first, update)
  const corrected = correctedGrants(draft, update, grantsNamed(draft, update))
  for (const grant of corrected) if (!draft.state.grants.includes(grant)) change(draft, { kind: 'adjusted', grant })
  return { ok: true, customer: draft.state }
}

export function decideDeleteBalance(draft: Draft, remove: DeleteBalance): Answers['delete_balance'] | Refusal {
  const unknown = unknownOf(draft, [{ featureId: remove.featureId, units: 0n }], { entityId: remove.entityId })
  if (unknown) return unknown
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
      // A grant that is given once has no cycle to move.
      ...(update.nextResetAt === undefined || grant.interval === null
        ? {}
        : { nextResetAt: update.nextResetAt, anchorAt: update.nextResetAt }),
      ...(update.expiresAt === undefined ? {} : { expiresAt: update.expiresAt }),
    },
  })
}

function correctedGrants(draft: Draft, update: UpdateBalance, grants: readonly Grant[]): readonly Grant[] {
  const { holds } = draft.state
  const counted = grants.filter((grant) => !grant.flag)
  if (update.remaining !== undefined) return withRemaining(counted, update.remaining, holds)
  if (update.used !== undefined) return withUsed(counted, update.used, holds)
  return update.add === undefined ? [] : withMore(counted, update.add, holds)
}
