import { amountOf, balanceOf, type Engine } from '@tollgate/engine'
import type { features } from '../catalog.ts'
import type { StudioStore } from './studioStore.ts'

const SEATS = 'seats' satisfies keyof typeof features

/** Creates the organisations in the meter and makes the seats that are taken equal to the members that there are. For the start. */
export async function reconcileSeats(engine: Engine, store: StudioStore): Promise<void> {
  for (const { id, name } of store.orgs()) {
    const { customer } = await engine.execute(id, { kind: 'touch' }, { create: { name } })
    const taken = amountOf(store.membersOf(id).length)
    const counted = customer && balanceOf(customer, SEATS, { entityId: null }, engine.now())
    if (counted && counted.used !== taken) {
      const correction = { featureId: SEATS, entityId: null, balanceId: null, interval: null, used: taken }
      await engine.execute(id, { kind: 'update_balance', ...correction })
    }
  }
}

/** Gives a seat back. */
export async function freeSeat(engine: Engine, orgId: string): Promise<void> {
  const item = { featureId: SEATS, units: amountOf(-1) }
  const use = { items: [item], entityId: null, overage: 'cap', eventName: null, properties: null, timestamp: null } as const
  await engine.execute(orgId, { kind: 'track', ...use })
}
