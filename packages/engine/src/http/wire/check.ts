import { roundedAmountOf, times, unitsOf } from '../../core/amount.ts'
import { poolsOf } from '../../core/catalog.ts'
import { type ApiVersion, V1_1, V2_0, V2_1 } from '../apiVersion.ts'
import { renderBalance, renderFlag, type WireBalance } from './balance.ts'
import { balance20, type Feature1x, feature1x, flag20, staticFeature1x } from './oldBalance.ts'
import type { View } from './view.ts'

/** A check that was answered. */
export interface CheckAnswer {
  readonly featureId: string
  readonly required: number
  readonly allowed: boolean
  /** The balance to tell about: the feature's own, or that of a pool that pays for it. */
  readonly poolId: string
  /** Shows every balance that could have paid: for checks that also deduct. */
  readonly showsPools: boolean
  readonly preview: object | null
}

/** The answer to a check in the form of an API version. */
export function renderCheck(view: View, answer: CheckAnswer, version: ApiVersion): object {
  const { featureId, poolId, allowed } = answer
  const required = requiredOf(view, answer)
  const head = {
    allowed,
    customer_id: view.customer.id,
    ...(view.scope.entityId === null ? {} : { entity_id: view.scope.entityId }),
    required_balance: required,
  }
  const preview = answer.preview ? { preview: answer.preview } : {}
  const balance = renderBalance(view, poolId, 'balance.feature')
  const flag = renderFlag(view, featureId, 'flag.feature')
  if (version >= V2_1) return { ...head, balance, ...poolsShown(view, answer), flag, ...preview }
  if (version >= V2_0) return { ...head, balance: balance ? balance20(balance) : flag && flag20(flag), ...preview }
  const feature = balance
    ? feature1x(balance, view.catalog.features.get(poolId))
    : flag && staticFeature1x(flag, view.catalog.features.get(featureId))
  if (version < V1_1) return { allowed, balances: balances02(required, feature, flag !== null) }
  return { ...head, code: 'feature_found', feature_id: feature ? feature.id : featureId, ...feature, ...preview }
}

/** The balances of a feature and of the pools that pay for it; nothing when there is only one that could have paid. */
export function renderRelatedBalances(
  view: View,
  featureId: string,
): { readonly balances?: { readonly [featureId: string]: WireBalance | null } } {
  const pools = poolsOf(view.catalog, featureId)
  if (pools.length === 0) return {}
  const related = [featureId, ...pools.map(({ poolId }) => poolId)]
  return { balances: Object.fromEntries(related.map((id) => [id, renderBalance(view, id)])) }
}

function poolsShown(view: View, answer: CheckAnswer): object {
  return answer.showsPools ? renderRelatedBalances(view, answer.featureId) : {}
}

/** What was asked for, in units of the balance that is shown: credits when it is a pool. */
function requiredOf(view: View, { featureId, poolId, required }: CheckAnswer): number {
  const pool = poolId === featureId ? undefined : poolsOf(view.catalog, featureId).find((each) => each.poolId === poolId)
  return pool ? unitsOf(times(roundedAmountOf(required), pool.cost)) : required
}

function balances02(required: number, feature: Feature1x | null, isFlag: boolean): readonly object[] {
  if (feature === null) return []
  if (isFlag) return [{ feature_id: feature.id, balance: null }]
  if (feature.unlimited)
    return [{ feature_id: feature.id, balance: null, unlimited: true, usage_allowed: feature.overage_allowed, required: null }]
  if (feature.overage_allowed)
    return [{ feature_id: feature.id, balance: feature.balance, unlimited: false, usage_allowed: true, required: null }]
  return [{ feature_id: feature.id, required, balance: feature.balance }]
}
