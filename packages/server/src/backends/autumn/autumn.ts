import type { Features, Plan, Plans } from '@tollgate/features'
import { openOutboxStore } from '../../outbox/openOutboxStore.ts'
import { createOutbox, type OutboxMetrics } from '../../outbox/outbox.ts'
import { type AccessAfter, type Backend, type Caller, OutageError, type Pattern } from '../backend.ts'
import { createAccessBook } from './accessBook.ts'
import { allotter } from './allot.ts'
import { createChecks } from './checks.ts'
import { createCustomers } from './customers.ts'
import { entityDenial } from './denial.ts'
import { errorOf } from './fault.ts'
import { historyOf } from './history.ts'
import { createHolds } from './holds.ts'
import { createLeases, type LeaseTerms } from './leases.ts'
import { createLocks } from './locks.ts'
import { planOf } from './planOf.ts'
import { accessReader } from './readAccess.ts'
import { plainReceipt, receiptOf, receiptsOf } from './receipts.ts'
import { refunder } from './refund.ts'
import { createSdk } from './sdk.ts'
import { deliverySender } from './sendDelivery.ts'
import { canHold, createTaking } from './taking.ts'

export interface AutumnOptions {
  /** Autumn's secret key of one environment. It never leaves the server. */
  readonly secretKey: string
  /** Where Autumn answers, self-hosted or a Tollgate engine: `http://127.0.0.1:8787`. Autumn's own cloud when it is not said. */
  readonly url?: string
  /** Declared with `defineFeatures`; the same that Autumn was given. */
  readonly features: Features
  /** Declared with `definePlans`: what is on offer, and what a denial names as a way out. Without them they are read from Autumn. */
  readonly plans?: Plans
  /**
   * Where usage is kept until Autumn has it: `file:outbox.db`, on a disk that survives the process and that the processes of one machine may
   * share; or `postgres://user@host/database`, in a schema of its own, for processes on several machines.
   */
  readonly outbox: { readonly url: string }
  /**
   * Whether an answer waits until Autumn has heard of its cost. Either way it is on the disk first. `background` by default; choose `await`
   * where the process is frozen after an answer.
   */
  readonly settle?: 'await' | 'background'
  /** The longest that one call to Autumn may take, in milliseconds; 500 by default. */
  readonly timeoutMs?: number
  /**
   * How a feature is charged; `hold` by default, and `track` for allocated features, which Autumn cannot hold. A procedure's own `pattern` comes
   * first.
   */
  readonly pattern?: { readonly [featureId: string]: Pattern | undefined }
  /** Features that this process takes in blocks: see `lease`. */
  readonly lease?: { readonly [featureId: string]: LeaseTerms | undefined }
  /** How old the access may be that a client is shown, in milliseconds; 2,000 by default. Decisions are never made from it. */
  readonly accessTtlMs?: number
  /** Makes the requests in place of the global `fetch`: a proxy, or an engine in the same process. */
  readonly fetch?: (request: Request) => Promise<Response>
  /** Real time in milliseconds since the epoch; `Date.now` by default. */
  readonly clock?: () => number
  /** Hears of what went wrong beside the calls: deliveries that were given up. Written to the console by default. */
  readonly report?: (error: Error) => void
}

/** Autumn as a backend, and the outbox behind it. */
export interface AutumnBackend extends Backend {
  readonly outbox: {
    metrics(): Promise<OutboxMetrics>
    /**
     * Tries what waits, and returns leases whose time is over. Resolves once each was tried. Without `early: false` also what is not due yet:
     * the first thing to do after an outage.
     */
    drain(options?: { readonly early?: boolean }): Promise<void>
  }
  /**
   * Returns leases, tries what is left in the outbox, and closes it, all within `withinMs`, 5,000 by default. What could not be delivered
   * is delivered by the next process that opens the same outbox.
   */
  close(withinMs?: number): Promise<void>
}

const OPERATION_TTL_MS = 7 * 24 * 60 * 60_000

/** How often a process looks for what another one has left behind. */
const UPKEEP_EVERY_MS = 10_000

const PRUNE_EVERY_MS = 60 * 60_000

/**
 * Keeps usage in Autumn, exactly: units are set aside before the work, and what a call cost is on this machine's disk before it is answered.
 *
 * Throws a sentence when the outbox cannot be opened. `autumn-js` has to be installed; it is loaded once this is called.
 */
export function autumn(options: AutumnOptions): AutumnBackend {
  const { secretKey, url, features, timeoutMs = 500, settle = 'background', accessTtlMs = 2_000, clock = Date.now } = options
  const { fetch, report = (error) => console.error(error) } = options
  assertOptions(options)
  const awaits = settle === 'await'
  const plans: readonly Plan[] = Object.values<Plan>(options.plans ?? {})

  const store = openOutboxStore(options.outbox.url, clock)
  const sdk = createSdk({ secretKey, url, timeoutMs, fetch })
  const customers = createCustomers(sdk)
  const book = createAccessBook(features, clock)
  const outbox = createOutbox({ store, send: deliverySender({ sdk, customers, clock, report }), clock, report })
  const locks = createLocks({ sdk, customers, book, outbox, clock })
  const leases = createLeases({ terms: options.lease ?? {}, locks, store, outbox, book, clock, report })
  const taking = createTaking({ features, patterns: options.pattern ?? {}, locks, leases, book, outbox })
  const readAccess = accessReader({ sdk, customers, book, outbox, store })
  const { check, denialOf } = createChecks({ features, plans, locks, book, readAccess })
  const holds = createHolds({ taking, book, store, outbox, awaits, clock, denialOf, entityDenial })
  const access =
    (caller: Caller): AccessAfter =>
    () =>
      book.known(caller)

  let prunedAt = Number.NEGATIVE_INFINITY

  /** Goes on with what processes that are gone have left. */
  const takeOver = async (): Promise<void> => {
    if (clock() - prunedAt >= PRUNE_EVERY_MS) {
      await store.prune(clock() - OPERATION_TTL_MS)
      prunedAt = clock()
    }
    await leases.returnOrphans()
    await outbox.pump()
  }

  const recovered = takeOver()
  recovered.catch(report)
  let upkeep: Promise<void> = recovered.catch(() => undefined)
  const upkeepTimer = setInterval(() => {
    // An outbox that is out of reach was told by the calls that needed it, and is asked again in a moment.
    upkeep = upkeep.then(takeOver).catch((error: unknown) => {
      if (!(error instanceof OutageError)) report(error instanceof Error ? error : new Error(String(error)))
    })
  }, UPKEEP_EVERY_MS).unref()

  return {
    access: async (caller, how) => (how?.fresh ? null : book.fresh(caller, accessTtlMs)) ?? (await readAccess(caller)),
    check,
    allot: allotter({ sdk, customers, clock }),
    canHold: (featureId) => canHold(features, featureId),
    ...holds,
    async receipt(caller, operationId) {
      const record = await store.operation(operationId)
      return record?.customerId === caller.customerId ? plainReceipt(receiptOf(record)) : null
    },
    refund: refunder({ store, outbox, awaits, clock, access }),
    history: (query) => historyOf(sdk, query),
    receipts: (query) => receiptsOf(store, query),
    async plans() {
      if (options.plans) return plans
      const answer = await sdk((autumn, request) => autumn.plans.list({}, request))
      if (!answer.ok) throw errorOf(answer.fault)
      const booleanIds = new Set(Object.keys(features).filter((id) => features[id]?.type === 'boolean'))
      return answer.value.list.filter((plan) => !plan.archived).map((plan) => planOf(plan, booleanIds))
    },
    watch: (caller, listener) => book.watch(caller, listener),
    outbox: {
      metrics: () => outbox.metrics(),
      async drain({ early = true } = {}) {
        await recovered.catch(() => undefined)
        await leases.sweep()
        await leases.returnOrphans()
        await outbox.idle()
        await outbox.pump({ early })
        await outbox.idle()
      },
    },
    async close(withinMs = 5_000) {
      clearInterval(upkeepTimer)
      const ended = async (): Promise<void> => {
        await upkeep
        await leases.returnAll()
        await outbox.idle()
        await outbox.pump({ early: true })
      }
      try {
        await within(withinMs, ended())
      } finally {
        outbox.stop()
        await store.close()
      }
    },
  }
}

function assertOptions({ secretKey, features, pattern = {}, lease: leased = {} }: AutumnOptions): void {
  if (secretKey === '')
    throw new Error('autumn() was given an empty secretKey: give it the secret key of one of your environments in Autumn')
  for (const featureId of [...Object.keys(pattern), ...Object.keys(leased)]) {
    const feature = features[featureId]
    if (feature?.type !== 'metered')
      throw new Error(`autumn() was told how to charge '${featureId}', which is no metered feature of the registry`)
    if (!feature.consumable && (pattern[featureId] === 'hold' || leased[featureId]))
      throw new Error(`'${featureId}' is an allocated feature, and Autumn cannot hold units of one: leave out its pattern and its lease`)
  }
}

/** Waits for work, and goes on without it when the time is over. */
function within(ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
