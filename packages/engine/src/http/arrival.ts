import type { z } from 'zod'
import type { ExecuteOptions } from '../execution.ts'
import { invalidRequest, refusalError } from './apiError.ts'
import { V2_1 } from './apiVersion.ts'
import type { Call } from './call.ts'
import type { customerData, entityData } from './fields.ts'

/** What a request says about a customer and an entity that may not exist yet. */
export interface Arrival {
  readonly customer_id: string
  readonly entity_id?: string | null | undefined
  readonly customer_data?: z.output<typeof customerData> | null | undefined
  readonly entity_data?: z.output<typeof entityData> | null | undefined
}

/** Before 2.1 a customer comes into being when a server first names it; since then it is not found. */
export function seedOf(call: Call, { customer_data }: Arrival): ExecuteOptions['create'] | undefined {
  return admits(call) ? seedFrom(customer_data) : undefined
}

export function seedFrom(data: Arrival['customer_data']): NonNullable<ExecuteOptions['create']> {
  return {
    name: data?.name,
    email: data?.email,
    fingerprint: data?.fingerprint,
    metadata: data?.metadata ?? undefined,
    sendEmailReceipts: data?.send_email_receipts,
  }
}

/** Before 2.1 an entity comes into being too, when the request says of which feature it is. */
export async function admitEntity(call: Call, arrival: Arrival): Promise<void> {
  const { customer_id, entity_id, entity_data } = arrival
  if (!admits(call) || entity_id == null) return
  const customer = await call.engine.customer(customer_id)
  if (customer?.entities.some((entity) => entity.id === entity_id)) return
  const featureId = entity_data?.feature_id
  if (featureId === undefined) throw invalidRequest(`Entity ${entity_id} not found: give entity_data.feature_id to create it`)
  const create = seedOf(call, arrival)
  const command = { kind: 'create_entity', entityId: entity_id, name: entity_data?.name ?? null, featureId } as const
  const answer = await call.engine.execute(customer_id, command, create === undefined ? {} : { create })
  if (!answer.ok && answer.code !== 'entity_exists') throw refusalError(answer, call.version)
}

/** A browser only reads, in whatever version. */
function admits(call: Call): boolean {
  return call.version < V2_1 && call.caller === 'secret'
}
