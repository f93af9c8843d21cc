import { amountOf, type Engine } from '@tollgate/engine'
import type { Caller, FeatureUnits } from '../backend.ts'
import { mistake } from './denialFacts.ts'

/**
 * Gives a customer a standing allowance of a feature, unless a plan says how much there is of it.
 *
 * Reads memory; writes only the first time, when the number was changed, or when a plan has taken over.
 */
export async function allotted(
  engine: Engine,
  { customerId, entityId, name, email }: Caller,
  { featureId, units }: FeatureUnits,
): Promise<void> {
  const balanceId = `standing:${featureId}${entityId === null ? '' : `:${entityId}`}`
  const included = amountOf(units)
  const grants = (await engine.customer(customerId))?.grants.filter((grant) => grant.featureId === featureId) ?? []
  const standing = grants.find((grant) => grant.id === balanceId)
  const isPlanned = grants.some((grant) => grant.planId !== null)
  if (standing === undefined ? isPlanned : !isPlanned && standing.included === included) return
  const named = { featureId, entityId, balanceId }
  const create = name === undefined && email === undefined ? true : { name, email }
  const answer = isPlanned
    ? await engine.execute(customerId, { kind: 'delete_balance', ...named })
    : standing
      ? await engine.execute(customerId, { kind: 'update_balance', ...named, interval: null, included })
      : await engine.execute(
          customerId,
          {
            kind: 'create_balance',
            ...named,
            included,
            unlimited: false,
            interval: null,
            nextResetAt: null,
            expiresAt: null,
            rollover: null,
          },
          { create },
        )
  // Another call was faster; or the entity does not exist, and the call itself will be told so.
  const isSettled =
    answer.ok || answer.code === 'balance_exists' || answer.code === 'balance_not_found' || answer.code === 'entity_not_found'
  if (!isSettled) throw mistake(answer)
}
