import type { BalanceState, BooleanState, GateState, Loaded } from '@tollgate/client'
import { denialOf } from '../client.ts'
import { type Failure, messageOf } from '../messageOf.ts'
import type { FeatureKey } from '../plans/planTerms.ts'
import { Notice } from './Notice.tsx'
import { type Refusal, RefusalNotice } from './RefusalNotice.tsx'

/** What is known of a call before it is made. */
export type Prospect = Loaded<GateState<FeatureKey> | BalanceState<FeatureKey, FeatureKey> | BooleanState<FeatureKey>>

export interface SpendNoticeProps {
  readonly prospect: Prospect
  /** Units of the feature that the call takes. */
  readonly units: number
  /** Why the last call failed, if it did. */
  readonly error: Failure | null
}

/** Why a call cannot be made, or why the last one was not; nothing while nothing is known. */
export function SpendNotice({ prospect, units, error }: SpendNoticeProps) {
  const ahead = prospect.status === 'ready' && !prospect.allowed ? refusalOf(prospect) : null
  const denial = error && denialOf(error)
  // A balance that was short and is not any more, after a reset or an upgrade, is no news.
  const isOver = denial !== null && denial.remaining !== null && prospect.status === 'ready' && prospect.allowed
  if (denial !== null && !isOver) return <RefusalNotice refusal={denial} units={units} />
  if (ahead !== null) return <RefusalNotice refusal={ahead} units={units} />
  return error === null || isOver ? null : <Notice kind="bad">{messageOf(error)}</Notice>
}

function refusalOf(state: Extract<Prospect, { status: 'ready' }>): Refusal | null {
  const { featureId, reason } = state
  if (featureId === null || reason === null) return null
  if (!('required' in state)) return { reason, featureId, poolId: null, required: 1, remaining: 0, resetsAt: null }
  const { poolId, required, remaining, resetsAt } = state
  return { reason, featureId, poolId, required, remaining, resetsAt }
}
