import { type Catalog, catalogOf, createEngine, type Engine } from '@tollgate/engine'
import { memoryStore } from '@tollgate/engine/store'
import { affords, type Features, type Plans } from '@tollgate/features'
import { type Backend, type FeatureUnits, OutageError, type Refused } from '../backends/backend.ts'
import { embedded } from '../backends/embedded.ts'
import type { Clock } from '../clock.ts'
import type { Faults } from './faults.ts'
import { createRandom, type Random } from './random.ts'
import { sending } from './story.ts'
import { createVirtualClock, type VirtualClock } from './virtualClock.ts'

/** What a router is built on to be simulated: `createMetering({ features, identify, onOutage: 'deny', ...world })`. */
export interface World {
  readonly backend: Backend
  readonly clock: Clock
}

/** The inside of a world, for the simulation. */
export interface WorldControl {
  readonly clock: VirtualClock
  /** The truth, without faults. */
  readonly engine: Engine
  readonly truth: Backend
  /** Work of the backend that waits for no time. */
  readonly busy: number
  /** Holds that the backend gave, and whose callers heard of them. */
  readonly admitted: ReadonlySet<string>
  /** Whether a running call could not be told if it may take more. */
  readonly leftInDoubt: boolean
  /** Refusals that were none: the units were there. */
  readonly wrongRefusals: readonly string[]
  /** Begins anew, with an empty ledger. */
  reset(random: Random, faults: Faults): void
  /** From now on nothing goes wrong any more. */
  heal(): void
}

export const START = Date.UTC(2026, 0, 1)

const controls = new WeakMap<Backend, WorldControl>()

/** The inside of a world. Throws on a backend that is none. */
export function controlOf({ backend }: World): WorldControl {
  const control = controls.get(backend)
  if (control === undefined) throw new Error('simulate() takes the world that simulated() gave and the router was built on')
  return control
}

/** A backend in memory whose faults and whose time are simulated. The router under test must be built on it. */
export function simulated({ features, plans }: { readonly features: Features; readonly plans: Plans }): World {
  const clock = createVirtualClock(START)
  const catalog: Catalog = catalogOf(features, plans, null, START)
  const state = begin(catalog, clock)

  const act = async <T>(work: () => Promise<T>): Promise<T> => {
    const { random, faults } = state
    if (clock.now() < state.downUntil) throw new OutageError('the backend is down')
    if (random.chance(faults.kills)) {
      state.downUntil = clock.now() + random.int(1, 2_000)
      throw new OutageError('the backend was killed before it did anything')
    }
    if (random.chance(faults.slow)) await clock.delay(random.int(1, 500))
    if (random.chance(faults.lostRequests)) throw new OutageError('the request was lost')
    const isLost = random.chance(faults.lostAnswers)
    const isKilled = random.chance(faults.kills)
    const isSlow = random.chance(faults.slow)
    const waitMs = random.int(1, 500)
    state.busy++
    const answer = await work().finally(() => state.busy--)
    if (isSlow) await clock.delay(waitMs)
    if (isKilled) state.downUntil = clock.now() + waitMs
    if (isLost || isKilled) throw new OutageError('the answer was lost')
    return answer
  }

  /** Notes on the sending that brought it about that something was recorded. */
  const charging = async <T extends { readonly kind: string }>(items: readonly FeatureUnits[], recording: Promise<T>): Promise<T> => {
    const answer = await recording
    const attempt = sending.getStore()
    if (attempt && answer.kind === 'committed' && items.some(({ units }) => units > 0)) attempt.isCharged = true
    return answer
  }

  /** A refusal must agree with what the customer has: as few calls are refused as need be. */
  const judge = (refused: Refused, items: readonly FeatureUnits[]): void => {
    const access = refused.access()
    if (refused.denial.reason !== 'limit_reached' || access === null || items.length !== 1) return
    for (const { featureId, units } of items) {
      if (affords(features, access, featureId, units).allowed) state.wrongRefusals.push(`${units} ${featureId} of ${access.customerId}`)
    }
  }

  const backend: Backend = {
    access: (caller) => act(() => state.truth.access(caller)),
    check: (request) => act(() => state.truth.check(request)),
    allot: (caller, allowance) => act(async () => state.truth.allot?.(caller, allowance)),
    async reserve(request) {
      const answer = await act(() => state.truth.reserve(request))
      if (answer.kind === 'held') state.admitted.add(answer.hold.id)
      if (answer.kind === 'denied') judge(answer, request.items)
      return answer
    },
    async extend(hold, items, ttlMs) {
      try {
        return await act(() => state.truth.extend(hold, items, ttlMs))
      } catch (error) {
        if (items.length > 0) state.leftInDoubt = true
        throw error
      }
    },
    commit: (hold, request) => act(() => charging(request.units, state.truth.commit(hold, request))),
    release: (hold) => act(() => state.truth.release(hold)),
    record: (request) => act(() => charging(request.items, state.truth.record(request))),
    receipt: (caller, operationId) => act(() => state.truth.receipt(caller, operationId)),
    refund: (caller, operationId) => act(() => state.truth.refund(caller, operationId)),
    history: (query) => act(() => state.truth.history(query)),
    receipts: (query) => act(() => state.truth.receipts(query)),
    plans: () => act(() => state.truth.plans()),
    watch: (caller, listener) => state.truth.watch(caller, listener),
  }

  controls.set(backend, {
    clock,
    get engine() {
      return state.engine
    },
    get truth() {
      return state.truth
    },
    get busy() {
      return state.busy
    },
    get admitted() {
      return state.admitted
    },
    get leftInDoubt() {
      return state.leftInDoubt
    },
    get wrongRefusals() {
      return state.wrongRefusals
    },
    reset(random, faults) {
      clock.reset(START)
      Object.assign(state, begin(catalog, clock), { random, faults })
    },
    heal() {
      state.faults = NO_FAULTS
      state.downUntil = 0
    },
  })
  return { backend, clock }
}

interface WorldState {
  engine: Engine
  truth: Backend
  busy: number
  admitted: Set<string>
  leftInDoubt: boolean
  wrongRefusals: string[]
  random: Random
  faults: Faults
  downUntil: number
}

function begin(catalog: Catalog, clock: Clock): WorldState {
  const engine = createEngine({ store: memoryStore(clock.now), catalog, clock: clock.now })
  const random = createRandom(0)
  return {
    engine,
    truth: embedded(engine),
    busy: 0,
    admitted: new Set(),
    leftInDoubt: false,
    wrongRefusals: [],
    random,
    faults: NO_FAULTS,
    downUntil: 0,
  }
}

const NO_FAULTS: Faults = { lostAnswers: 0, lostRequests: 0, slow: 0, kills: 0, throws: 0, aborts: 0, duplicates: 0, retries: 0 }
