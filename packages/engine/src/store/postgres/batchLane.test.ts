import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { amountOf } from '../../core/amount.ts'
import type { Operation } from '../../core/command.ts'
import { catalogOf } from '../../registry.ts'
import { busyFeatures, busyPlans } from '../../testing/busyRegistry.fixture.ts'
import { attempt, counting, effectOf, operation, reading, used, writing } from '../contract/works.fixture.ts'
import type { Store, Work } from '../store.ts'
import { postgresStore } from './postgresStore.ts'
import { startTestServer, type TestServer } from './testServer.fixture.ts'

let server: TestServer
let url: string
let one: Store
let other: Store

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  url = await server.createDatabase()
  one = await postgresStore(url)
  other = await postgresStore(url)
})
afterEach(async () => {
  await one.close()
  await other.close()
})
afterAll(() => server.stop())

async function query(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(text)
  await client.end()
}

function count(store: Store, customerId: string): Promise<void> {
  return attempt(() => store.transact([{ customerId, operationId: null, run: counting(customerId) }]))
}

/** Lets a store see customers and what they are like, so that it goes on without asking. */
async function acquaint(store: Store, ...customerIds: readonly string[]): Promise<void> {
  for (const id of customerIds) await count(store, id)
  for (const id of customerIds) await count(store, id)
}

async function numbers(store: Store, customerId: string): Promise<readonly number[]> {
  const { items } = await store.entries({ customerId, order: 'oldest', limit: 100 })
  return items.map(({ seq }) => seq)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 10_000, interval: 10 }).toBe(true)
}

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1)

/** Uses a unit where fewer than `room` are used. */
function admission(customerId: string, room: number): { readonly work: Work; admitted(): boolean; runs(): number } {
  let isAdmitted = false
  let runs = 0
  const run: Work['run'] = (state, known) => {
    runs += 1
    isAdmitted = (state?.grants[0]?.used ?? 0n) < amountOf(room)
    return isAdmitted ? writing(customerId, [used(amountOf(1))]).work.run(state, known) : { state, entry: null, operation: null }
  }
  return { work: { customerId, operationId: null, run }, admitted: () => isAdmitted, runs: () => runs }
}

describe('batches that are under way together', () => {
  it('are decided on top of each other before the first of them is answered', async () => {
    await acquaint(one, 'ann', 'bob')
    let decided = 0
    const batches = Array.from({ length: 20 }, (_, index): Work[] => {
      const customerId = index % 2 === 0 ? 'ann' : 'bob'
      const run: Work['run'] = (state, known) => {
        decided += 1
        return counting(customerId)(state, known)
      }
      return [{ customerId, operationId: null, run }]
    })
    const sent = batches.map((batch) => attempt(() => one.transact(batch)))
    await Promise.race(sent)
    expect(decided).toBe(20)
    await Promise.all(sent)
    expect(decided).toBe(20)
    expect(await numbers(one, 'ann')).toEqual(upTo(12))
    expect(await numbers(other, 'bob')).toEqual(upTo(12))
  })

  it('are decided anew, one after the other, when another process was faster', async () => {
    await acquaint(one, 'ann', 'bob')
    await other.transact([{ customerId: 'ann', operationId: null, run: writing('ann', [used(amountOf(1) - 1n)]).work.run }])
    const calls = Array.from({ length: 3 }, () => admission('ann', 2))
    await Promise.all([...calls.map(({ work }) => attempt(() => one.transact([work]))), count(one, 'bob')])
    expect(calls.map((call) => call.admitted())).toEqual([true, false, false])
    expect(calls.every((call) => call.runs() > 1)).toBe(true)
    expect(await numbers(one, 'ann')).toEqual(upTo(4))
    expect(await numbers(one, 'bob')).toEqual(upTo(3))
  })

  it('refuse on what is recorded, not on what was remembered', async () => {
    await acquaint(one, 'ann')
    const before = admission('ann', 1)
    await one.transact([before.work])
    expect(before.admitted()).toBe(true)
    await other.transact([{ customerId: 'ann', operationId: null, run: writing('ann', [used(-amountOf(1))]).work.run }])
    const after = admission('ann', 1)
    await one.transact([after.work])
    expect(after.admitted()).toBe(true)
  })

  it('stand on nothing that a failover took back', async () => {
    await acquaint(one, 'ann')
    await one.transact([admission('ann', 1).work])
    // A standby that had not yet heard of the last entry took over, and something else was recorded under its number.
    await query(`DELETE FROM tollgate.entries WHERE customer_id = 'ann' AND seq = 3`)
    await other.transact([{ customerId: 'ann', operationId: null, run: writing('ann', [used(1n)]).work.run }])
    const call = admission('ann', 1)
    await one.transact([call.work])
    expect(call.admitted()).toBe(true)
    expect(await numbers(one, 'ann')).toEqual(upTo(4))
  })

  it('keep out of the transaction of one that takes several round trips', async () => {
    await acquaint(one, 'ann')
    for (const id of ['ann', 'bob']) await count(other, id)
    const holder = new pg.Client({ connectionString: url })
    await holder.connect()
    await holder.query(`BEGIN; SELECT FROM tollgate.customers WHERE customer_id = 'bob' FOR UPDATE`)
    // It does not know its customer, and waits for the lock that comes first.
    const slow = count(one, 'bob')
    await until(async () => {
      const { rows } = await holder.query(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
      return rows.length > 0
    })
    // It is to find that its customer has changed, which would fail the transaction that it was in.
    const quick = count(one, 'ann')
    await holder.query('COMMIT')
    await Promise.all([slow, quick])
    await holder.end()
    expect(await numbers(one, 'bob')).toEqual(upTo(2))
    expect(await numbers(one, 'ann')).toEqual(upTo(4))
  })

  it('give an operation id one meaning', async () => {
    await acquaint(one, 'ann', 'bob')
    const known: (string | undefined)[] = []
    const calls = ['ann', 'bob'].map((customerId): Work => {
      const { run } = writing(customerId, [used(1n)], { operation: operation('op', customerId) }).work
      return {
        customerId,
        operationId: 'op',
        run(state, record) {
          if (record === null) return run(state, record)
          known.push(record.customerId)
          return { state, entry: null, operation: null }
        },
      }
    })
    await Promise.all(calls.map((work) => attempt(() => one.transact([work]))))
    expect(known).toEqual(['ann'])
    expect(await numbers(one, 'ann')).toEqual(upTo(3))
    expect(await numbers(one, 'bob')).toEqual(upTo(2))
  })
})

describe('a batch that expects no operation to be known', () => {
  it.each(['written', 'only looked at'])('hears of one that another process recorded, where the id is %s', async (use) => {
    await acquaint(one, 'ann')
    const record = operation('op', 'bob')
    await other.transact([{ customerId: 'bob', operationId: 'op', run: () => effectOf(record) }])
    const seen: (Operation | null)[] = []
    const look = reading('ann', 'op', (_, known) => seen.push(known))
    const write: Work = {
      customerId: 'ann',
      operationId: 'op',
      run(state, known) {
        seen.push(known)
        return known === null
          ? writing('ann', [used(1n)], { operation: operation('op', 'ann') }).work.run(state, known)
          : look.run(state, known)
      },
    }
    await one.transact([use === 'written' ? write : look])
    expect(seen.at(-1)).toEqual(record)
    expect(await one.operation('op')).toEqual(record)
    expect(await numbers(one, 'ann')).toEqual(upTo(2))
  })
})

describe('a batch that expects the catalog to be the one seen last', () => {
  it('is decided anew by the one that another process saved', async () => {
    const catalog = catalogOf(busyFeatures, busyPlans, null, 0)
    await one.saveCatalog(catalog, 0)
    await acquaint(one, 'ann')
    let version = catalog.version
    one.onCatalog?.((saved) => {
      version = saved.version
    })
    await other.saveCatalog({ ...catalog, version: catalog.version + 1 }, catalog.version)
    const decidedBy: number[] = []
    await one.transact([reading('ann', null, () => decidedBy.push(version))])
    expect(decidedBy.at(-1)).toBe(catalog.version + 1)
  })
})
