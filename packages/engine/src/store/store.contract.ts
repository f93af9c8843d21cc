import { afterEach, beforeEach, describe } from 'vitest'
import { describeBatches } from './contract/batches.contract.ts'
import { describeCatalog } from './contract/catalog.contract.ts'
import { describeCustomers } from './contract/customers.contract.ts'
import { describeEntries } from './contract/entries.contract.ts'
import { describeFidelity } from './contract/fidelity.contract.ts'
import { describeOperations } from './contract/operations.contract.ts'
import type { UnderTest } from './contract/underTest.fixture.ts'
import type { Store } from './store.ts'

/** Where a store under test keeps its data. */
export interface Place {
  /** Opens a store on the data; called again after the store before was closed. */
  open(): Store | Promise<Store>
  /** Says why data does not outlive the store, if it does not. */
  readonly forgetful?: string
  /** Takes the data away after every store was closed. */
  dispose?(): void | Promise<void>
}

/** What every store promises, as tests. `createPlace` makes a place without data. */
export function describeStore(name: string, createPlace: () => Place | Promise<Place>): void {
  describe(`the ${name} store`, () => {
    let place: Place
    let store: Store

    beforeEach(async () => {
      place = await createPlace()
      store = await place.open()
    })
    afterEach(async () => {
      await store.close()
      await place.dispose?.()
    })

    const under: UnderTest = {
      get store() {
        return store
      },
      get forgetful() {
        return place.forgetful
      },
      async reopen() {
        await store.close()
        store = await place.open()
      },
      async nowAndAfterReopening(check) {
        await check()
        if (place.forgetful !== undefined) return
        await under.reopen()
        await check()
      },
    }

    describeBatches(under)
    describeOperations(under)
    describeEntries(under)
    describeCustomers(under)
    describeCatalog(under)
    describeFidelity(under)
  })
}
