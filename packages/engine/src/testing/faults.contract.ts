import { describe, expect, it } from 'vitest'
import { amountOf } from '../core/amount.ts'
import type { Command } from '../core/command.ts'
import { catalogOf, item, metered, plan, pool } from '../core/testing/catalogs.contract.ts'
import { createEngine, type Engine } from '../engine.ts'
import type { ExecuteOptions } from '../execution.ts'
import { type Store, StoreUnavailableError } from '../store/store.ts'
import { verify } from '../verify.ts'
import { type Fault, type FaultyStore, faultyStore } from './faultyStore.fixture.ts'

/** Where a store under test keeps its data. */
export interface CrashingPlace {
  open(): Store | Promise<Store>
  /** Opens what a crash leaves of the store that was opened last and is still open. */
  reopenAfterCrash(): Store | Promise<Store>
  dispose?(): void | Promise<void>
}

/** The engine's promises, while one call of its store after the other goes wrong and callers repeat what failed. */
export function describeFaults(name: string, faults: readonly Fault[], createPlace: () => CrashingPlace | Promise<CrashingPlace>): void {
  describe(`on the ${name} store, whichever call goes wrong`, () => {
    it.each(faults)('everything happens once when a call is %s', async (fault) => {
      const undisturbed = await runScenario(createPlace, Number.POSITIVE_INFINITY, fault)
      expect(undisturbed.calls).toBeGreaterThan(15)
      for (let wrongCall = 1; wrongCall <= undisturbed.calls; wrongCall++) {
        const { calls: _, ...outcome } = await runScenario(createPlace, wrongCall, fault)
        expect(outcome, `call ${wrongCall}`).toEqual({ balances: undisturbed.balances, uses: undisturbed.uses, faults: [] })
      }
    })
  })
}

const NOW = Date.parse('2026-01-31T12:00:00.000Z')
const MINUTE = 60_000
const catalog = catalogOf(
  [metered('messages'), metered('images'), pool('credits', { images: 10 })],
  [
    plan('free', [item('messages', 20, 'month'), item('credits', 100, 'month')], { autoEnable: true }),
    plan('pro', [item('messages', 50, 'month'), item('credits', 500, 'month')]),
  ],
)

interface Outcome {
  readonly calls: number
  /** Of each grant: granted, used and held. */
  readonly balances: readonly string[]
  /** How often each operation was recorded as done. */
  readonly uses: Readonly<Record<string, number>>
  readonly faults: readonly unknown[]
}

/** One life of two customers, each step repeated under the same ids until it is answered. */
async function runScenario(createPlace: () => CrashingPlace | Promise<CrashingPlace>, wrongCall: number, fault: Fault): Promise<Outcome> {
  const place = await createPlace()
  const clock = { now: NOW }
  const opened: Store[] = []
  const open = (store: Store, wrong: number): { readonly sound: Store; readonly store: FaultyStore; readonly engine: Engine } => {
    opened.push(store)
    const faulty = faultyStore(store, wrong, fault)
    return { sound: store, store: faulty, engine: createEngine({ store: faulty, catalog, clock: () => clock.now }) }
  }
  let current = open(await place.open(), wrongCall)
  let reviving: Promise<void> | null = null

  /** After a crash: goes on with what the crash left. Callers who fail together go on together. */
  const revived = (): Promise<void> => {
    reviving ??= (async () => {
      current = open(await place.reopenAfterCrash(), Number.POSITIVE_INFINITY)
      reviving = null
    })()
    return reviving
  }

  /** Repeats until the store answers. */
  const patiently = async <T>(act: (engine: Engine) => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await act(current.engine)
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error
        if (current.store.dead) await revived()
      }
    }
  }

  await live((customerId, command, options) => patiently((engine) => engine.execute(customerId, command, options)), clock)
  const customers = await patiently((engine) => engine.customers({ limit: 10, order: 'oldest' }))
  // What the store under the faults holds is looked at without any.
  const { sound, store } = current
  const uses = await countUses(
    sound,
    customers.items.map((customer) => customer.id),
  )
  const { faults } = await verify(sound)
  const balances = customers.items.flatMap(({ id, grants, holds }) => [
    ...grants.map((grant) => `${id} ${grant.featureId} ${grant.granted} used ${grant.used} held ${grant.held}`),
    ...holds.map((hold) => `${id} holds ${hold.id}`),
  ])
  for (const each of opened) await each.close()
  await place.dispose?.()
  return { calls: store.calls, balances: balances.sort(), uses, faults }
}

type Execute = <TCommand extends Exclude<Command, { readonly kind: 'check' }>>(
  customerId: string,
  command: TCommand,
  options?: ExecuteOptions<TCommand>,
) => Promise<{ readonly ok: boolean; readonly code?: string }>

/** What happens to the customers. A repeated step may be told that it was done: that is as good as done. */
async function live(execute: Execute, clock: { now: number }): Promise<void> {
  const done = async (answer: ReturnType<Execute>, ...repeated: readonly string[]): Promise<void> => {
    const { ok, code = '' } = await answer
    expect(ok ? 'done' : code).toBeOneOf(['done', ...repeated])
  }
  const use = (id: string, operationId: string, featureId: string, units: number) => {
    const items = [{ featureId, units: amountOf(units) }]
    const track = { kind: 'track', items, overage: 'reject', entityId: null, eventName: null, properties: null, timestamp: null } as const
    return execute(id, track, { operation: { id: operationId, fingerprint: 'input' } })
  }
  const reserve = (id: string, call: string, units: number) => {
    const operation = { id: call, fingerprint: 'input' }
    const items = [{ featureId: 'images', units: amountOf(units) }]
    const rest = { entityId: null, overage: 'reject', expiresAt: clock.now + 15 * MINUTE, properties: null } as const
    return execute(id, { kind: 'reserve', holdId: `hold of ${call}`, operation, items, ...rest }, { operation })
  }
  const commit = (id: string, call: string) =>
    execute(id, { kind: 'commit', holdId: `hold of ${call}`, units: [], overage: null, properties: null }, { result: 'kept' })
  const release = (id: string, call: string) => execute(id, { kind: 'release', holdId: `hold of ${call}` })

  for (const id of ['ann', 'bob']) await done(execute(id, { kind: 'touch' }, { create: true }))
  await done(use('ann', 'use 1', 'messages', 3), 'operation_done')
  // One batch: of four times three images ten fit in, so three calls.
  const rush = await Promise.all(['a', 'b', 'c', 'd'].map((call) => reserve('bob', `rush ${call}`, 3)))
  expect(rush.filter(({ ok, code }) => ok || code === 'operation_running')).toHaveLength(3)
  expect(rush.filter(({ code }) => code === 'short')).toHaveLength(1)
  await Promise.all(['a', 'b'].map((call) => done(commit('bob', `rush ${call}`), 'hold_not_found')))
  await done(release('bob', 'rush c'), 'hold_not_found')
  await done(reserve('bob', 'last', 4), 'operation_running')
  await done(commit('bob', 'last'), 'hold_not_found')
  expect(await use('bob', 'too much', 'messages', 21)).toMatchObject({ code: 'short' })
  await done(reserve('ann', 'abandoned', 2), 'operation_running')
  clock.now += 20 * MINUTE
  // The abandoned hold has ended by itself: ten images are there again.
  await done(use('ann', 'use 2', 'images', 10), 'operation_done')
  await done(execute('ann', { kind: 'attach', planId: 'pro', entityId: null, quantities: [], trial: 'none' }), 'plan_already_attached')
  await done(use('ann', 'use 3', 'messages', 40), 'operation_done')
  // February has 28 days: both have been reset.
  clock.now = Date.parse('2026-03-01T00:00:00.000Z')
  await Promise.all([
    done(use('ann', 'use 4', 'messages', 50), 'operation_done'),
    done(use('bob', 'use 5', 'messages', 20), 'operation_done'),
  ])
  await done(execute('bob', { kind: 'update_customer', fields: { name: 'Bob' } }))
}

async function countUses(store: Store, ids: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const customerId of ids) {
    const { items } = await store.entries({ customerId, order: 'oldest', limit: 1_000 })
    for (const { operationId } of items) if (operationId !== null) counts[operationId] = (counts[operationId] ?? 0) + 1
  }
  return counts
}
