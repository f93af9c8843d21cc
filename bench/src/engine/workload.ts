import { randomUUID } from 'node:crypto'
import { amountOf, catalogOf } from '@tollgate/engine'
import { creditSystem, defineFeatures, definePlans, included, metered } from '@tollgate/features'
import type { Meter } from './meter.ts'

export type WorkloadName = 'consume' | 'reserve and commit'

const features = defineFeatures({ messages: metered(), images: metered(), credits: creditSystem({ images: 10 }) })
const plans = definePlans(features, {
  pro: { name: 'Pro', autoEnable: true, items: { messages: included(1e12).per('month'), credits: included(1e12).per('month') } },
})

/** More of everything than any measurement can use up. */
export const catalog = catalogOf(features, plans, null, 0)

const FINGERPRINT = 'a fingerprint as long as a hash of the input'
const UNITS = amountOf(1)

/** One call of a workload, each under an operation id of its own. */
export async function call(meter: Meter, workload: WorkloadName, customerId: string): Promise<void> {
  const operation = { id: randomUUID(), fingerprint: FINGERPRINT }
  const items = [{ featureId: 'messages', units: UNITS }]
  if (workload === 'consume') {
    const rest = { entityId: null, eventName: null, properties: null, timestamp: null } as const
    assertDone(await meter.execute(customerId, { kind: 'track', items, overage: 'reject', ...rest }, { operation }))
    return
  }
  const holdId = randomUUID()
  const rest = { entityId: null, overage: 'reject', expiresAt: Date.now() + 900_000, properties: null } as const
  assertDone(await meter.execute(customerId, { kind: 'reserve', holdId, operation, items, ...rest }, { operation }))
  assertDone(await meter.execute(customerId, { kind: 'commit', holdId, units: [], overage: null, properties: null }))
}

function assertDone(answer: { readonly ok: boolean }): void {
  if (!answer.ok) throw new Error(`a call was refused: ${JSON.stringify(answer)}`)
}
