import { join } from 'node:path'
import { expect, it } from 'vitest'
import { amountOf } from './core/amount.ts'
import { catalogOf, metered } from './core/testing/catalogs.contract.ts'
import { createEngine, type Engine } from './engine.ts'
import { memoryStore } from './store/memory/memoryStore.ts'
import { temporaryFolder } from './store/sqlite/folder.fixture.ts'
import { sqliteStore } from './store/sqlite/sqliteStore.ts'
import { verify } from './verify.ts'

const ROUNDS = 1_000
const AT_ONCE = 50
const catalog = catalogOf([metered('messages')], [])

it.each([
  ['memory', () => memoryStore()],
  ['SQLite', () => sqliteStore(join(temporaryFolder(), 'usage.db'), { foldAfter: 500, cachedCustomers: 60 })],
])(`admits exactly as many calls as the balance holds, in ${ROUNDS} rounds on the store in %s`, { timeout: 60_000 }, async (_, open) => {
  const store = open()
  const engine = createEngine({ store, catalog })
  for (let first = 0; first < ROUNDS; first += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_unused, index) => round(engine, first + index)))
  }
  expect(await verify(store)).toMatchObject({ customers: ROUNDS, faults: [] })
  await store.close()
})

/** Some callers want the same units of one customer at the same time, some by a use and some by a hold. */
async function round(engine: Engine, number: number): Promise<void> {
  const id = `customer ${number}`
  const [balance, cost, callers] = [number % 53, 1 + (number % 7), 1 + (number % 41)]
  const create = { kind: 'create_balance', featureId: 'messages', entityId: null, balanceId: 'all', unlimited: false } as const
  const terms = { included: amountOf(balance), interval: null, nextResetAt: null, expiresAt: null, rollover: null }
  await engine.execute(id, { ...create, ...terms }, { create: true })
  const items = [{ featureId: 'messages', units: amountOf(cost) }]
  const rest = { items, overage: 'reject', entityId: null, properties: null } as const
  const answers = await Promise.all(
    Array.from({ length: callers }, (_, caller) =>
      caller % 2 === 0
        ? engine.execute(id, { kind: 'track', eventName: null, timestamp: null, ...rest })
        : engine.execute(id, { kind: 'reserve', holdId: `hold ${caller}`, operation: null, expiresAt: engine.now() + 60_000, ...rest }),
    ),
  )
  expect(answers.filter((answer) => answer.ok)).toHaveLength(Math.min(callers, Math.floor(balance / cost)))
  // A denied call changes nothing: one entry for the balance, one for each call that was admitted.
  expect((await engine.customer(id))?.seq).toBe(1 + Math.min(callers, Math.floor(balance / cost)))
}
