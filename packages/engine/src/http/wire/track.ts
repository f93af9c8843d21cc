import type { Payment } from '../../core/hold.ts'
import { type ApiVersion, V2_0, V2_1 } from '../apiVersion.ts'
import { renderBalance } from './balance.ts'
import { renderRelatedBalances } from './check.ts'
import { renderDeductions } from './deduction.ts'
import { balance20 } from './oldBalance.ts'
import type { View } from './view.ts'

/** A use that was recorded. */
export interface TrackAnswer {
  /** The features that it was of; several when an event's name stands for several. */
  readonly featureIds: readonly string[]
  readonly eventName: string | null
  /** What was asked for, which may be more than what was paid. */
  readonly value: number
  readonly payments: readonly Payment[]
  /** The balance to tell about. */
  readonly poolId: string
}

/** The answer to a use in the form of an API version. */
export function renderTrack(view: View, answer: TrackAnswer, version: ApiVersion): object {
  const { featureIds, eventName, value, poolId } = answer
  const [featureId] = featureIds
  const balance = featureIds.length === 1 ? renderBalance(view, poolId) : null
  const head = {
    customer_id: view.customer.id,
    ...(view.scope.entityId === null ? {} : { entity_id: view.scope.entityId }),
    ...(eventName === null ? {} : { event_name: eventName }),
  }
  if (version < V2_0) return { id: 'placeholder', code: 'event_received', ...head, feature_id: balance ? poolId : featureId }
  const { balances } =
    featureIds.length === 1 && featureId !== undefined ? renderRelatedBalances(view, featureId) : severalBalances(view, featureIds)
  if (version >= V2_1)
    return { ...head, value, balance, ...(balances ? { balances } : {}), deductions: renderDeductions(view, answer.payments) }
  const older = balances && Object.fromEntries(Object.entries(balances).map(([id, each]) => [id, each && balance20(each)]))
  return { ...head, value, balance: balance && balance20(balance), ...(older ? { balances: older } : {}) }
}

function severalBalances(view: View, featureIds: readonly string[]): ReturnType<typeof renderRelatedBalances> {
  return {
    balances: Object.assign(
      {},
      ...featureIds.map((id) => renderRelatedBalances(view, id).balances ?? Object.fromEntries([[id, renderBalance(view, id)]])),
    ),
  }
}
