import type { HistoryPoint, HistoryQuery } from '../backend.ts'
import { errorOf } from './fault.ts'
import type { Sdk } from './sdk.ts'

/** Usage by bin and feature, as Autumn's events sum up; bins without use are left out. */
export async function historyOf(sdk: Sdk, { caller, featureIds, from, until, bin }: HistoryQuery): Promise<readonly HistoryPoint[]> {
  if (featureIds.length === 0) return []
  const { customerId, entityId } = caller
  const params = {
    customerId,
    featureId: [...featureIds],
    binSize: bin,
    customRange: { start: from, end: until },
    ...(entityId !== null && { entityId }),
  }
  const answer = await sdk((autumn, request) => autumn.events.aggregate(params, request))
  if (!answer.ok) {
    if (answer.fault.kind === 'refused' && answer.fault.code === 'customer_not_found') return []
    throw errorOf(answer.fault)
  }
  return answer.value.list
    .map(({ period, values }) => ({ at: period, units: Object.fromEntries(Object.entries(values).filter(([, units]) => units !== 0)) }))
    .filter(({ at, units }) => at < until && Object.keys(units).length > 0)
}
