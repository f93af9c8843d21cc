import { type Store, StoreUnavailableError } from '@tollgate/engine'
import { vi } from 'vitest'
import { z } from 'zod'
import type { OutageUse } from './outage/outageRecords.ts'
import { openMetering } from './served.fixture.ts'

/** A store that can be unplugged. */
function unpluggable() {
  const state = { down: false }
  const overStore = (store: Store): Store => {
    const check = (): void => {
      if (state.down) throw new StoreUnavailableError('the database is out', 'nothing_happened')
    }
    return {
      ...store,
      transact(works) {
        check()
        return store.transact(works)
      },
      customer(customerId) {
        check()
        return store.customer(customerId)
      },
    }
  }
  return { state, overStore }
}

/** An application whose backend can be unplugged. */
export async function openUnpluggable(options: Parameters<typeof openMetering>[0] = {}) {
  const { state, overStore } = unpluggable()
  const uses: OutageUse[] = []
  const onError = vi.fn<(error: unknown) => void>()
  const opened = await openMetering({ overStore, onError, onOutageUse: (use) => uses.push(use), ...options })
  const { t, meteredProcedure, gatedProcedure } = opened
  const ran = vi.fn<() => string>(() => 'sent')
  const router = t.router({
    send: meteredProcedure('messages', { input: z.object({ n: z.number() }), units: ({ input }) => input.n }).mutation(ran),
    images: meteredProcedure('image_gen', { units: 1 }).mutation(ran),
    both: meteredProcedure({ messages: 1, image_gen: 1 }).mutation(ran),
    saml: gatedProcedure('sso').query(ran),
    fail: meteredProcedure('messages', { units: 1 }).mutation(() => {
      throw new Error('broken')
    }),
    cut: meteredProcedure('messages', { units: 1 }).mutation(() => {
      state.down = true
      return 'done'
    }),
  })
  return { ...opened, state, uses, onError, ran, router }
}
