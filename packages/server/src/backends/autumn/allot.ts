import type { Customer } from 'autumn-js'
import type { Backend, Caller, FeatureUnits } from '../backend.ts'
import type { Customers } from './customers.ts'
import { errorOf } from './fault.ts'
import type { Answer, Sdk } from './sdk.ts'

export interface AllotterOptions {
  readonly sdk: Sdk
  readonly customers: Customers
  readonly clock: () => number
}

/** How long an allowance is remembered to be there: a plan that says how much there is takes over within this time. */
const REMEMBERED_MS = 10 * 60_000

const MOST_REMEMBERED = 10_000

/**
 * Gives customers standing allowances of features, as balances of their own, unless a plan says how much there is. An allowance is asked for once
 * for each customer, and then remembered.
 */
export function allotter({ sdk, customers, clock }: AllotterOptions): NonNullable<Backend['allot']> {
  const settled = new Map<string, { readonly until: number; readonly work: Promise<void> }>()

  /** False: it could not be given now, and the call itself will be told why. */
  const settle = async (caller: Caller, { featureId, units }: FeatureUnits): Promise<boolean> => {
    const { customerId, entityId } = caller
    const customer = await customers.read(caller)
    if (!customer.ok) throw errorOf(customer.fault)
    const balanceId = `standing_${featureId}${entityId === null ? '' : `_${entityId}`}`
    const named = { customerId, featureId, balanceId, ...(entityId !== null && { entityId }) }
    const parts = await partsOf(caller, featureId, customer.value)
    const standing = parts.find(({ id }) => id === balanceId)
    const isPlanned = parts.some(({ planId }) => planId !== null)
    if (standing === undefined ? isPlanned : !isPlanned && standing.includedGrant === units) return true
    const answer: Answer<unknown> = isPlanned
      ? await sdk((autumn, request) => autumn.balances.delete(named, request))
      : standing
        ? await sdk((autumn, request) => autumn.balances.update({ ...named, includedGrant: units }, request))
        : await sdk((autumn, request) => autumn.balances.create({ ...named, includedGrant: units }, request))
    if (answer.ok) return true
    const status = answer.fault.kind === 'refused' ? answer.fault.status : null
    // Another process was faster.
    if (status === 409) return true
    if (status === 404) return false
    throw errorOf(answer.fault)
  }

  const partsOf = async ({ customerId, entityId }: Caller, featureId: string, customer: Customer) => {
    if (entityId === null) return customer.balances[featureId]?.breakdown ?? []
    const entity = await sdk((autumn, request) => autumn.entities.get({ customerId, entityId }, request))
    return (entity.ok ? entity.value : customer).balances[featureId]?.breakdown ?? []
  }

  return (caller, allowance) => {
    const key = JSON.stringify([caller.customerId, caller.entityId, allowance])
    const known = settled.get(key)
    if (known && clock() < known.until) return known.work
    const forget = (): void => {
      settled.delete(key)
    }
    const work = settle(caller, allowance).then((isSettled) => {
      if (!isSettled) forget()
    })
    settled.delete(key)
    settled.set(key, { until: clock() + REMEMBERED_MS, work })
    if (settled.size > MOST_REMEMBERED) settled.delete(settled.keys().next().value ?? '')
    // Asked again by the next call.
    work.catch(forget)
    return work
  }
}
