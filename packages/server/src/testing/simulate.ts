import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import type { FeatureUnits } from '../backends/backend.ts'
import type { CallResult, MeteredCall } from '../call.ts'
import { marksOf } from '../mark.ts'
import { proceduresOf } from '../procedures.ts'
import { type QuoteRequest, withQuote } from '../quote.ts'
import { withRequest } from '../request.ts'
import { runningCall } from '../running.ts'
import { type Faults, someFaults } from './faults.ts'
import { instrument } from './instrument.ts'
import { judge, judgeHolds, type Violation } from './judge.ts'
import { createRandom, type Random } from './random.ts'
import { controlOf, type World, type WorldControl } from './simulated.ts'
import { type Attempt, mayRetry, type Run, type Story, sending, wordOf } from './story.ts'

export interface SimulateOptions {
  /** What the router's metering was built on. */
  readonly world: World
  /** The same seed makes the same calls, the same faults and the same trace. */
  readonly seed: number
  /** What goes wrong, and how often; default: everything, now and then. */
  readonly faults?: Partial<Faults>
  /** The context of a call of a customer. */
  readonly context: (customerId: string) => object
  /** Makes the inputs of procedures that have one, by path. */
  readonly inputs?: Readonly<Record<string, (random: Random) => unknown>>
  /** Units that one chunk of a stream costs, by path; without it a stream's cost is not checked. */
  readonly chunks?: Readonly<Record<string, number>>
  /** What procedures cost that are metered by hand, by path, so that they are simulated as well. */
  readonly costs?: Readonly<Record<string, readonly FeatureUnits[]>>
  /** How many calls are made; default 8. */
  readonly calls?: number
  readonly customers?: readonly string[]
}

export interface SimulationReport {
  readonly seed: number
  /** None: every promise was kept. */
  readonly violations: readonly Violation[]
  /** What happened, in order, in virtual milliseconds. */
  readonly trace: readonly string[]
}

/** Where the context of a simulated call carries its attempt. */
const ATTEMPT = Symbol('tollgate.attempt')

/**
 * Drives a router with lost answers, duplicates, aborts, throwing resolvers and a slow, lossy and dying backend, then checks that what the
 * ledger says is what happened: exact admission, once, the resolver's fate is the ledger's, every hold ends, a denied call changes nothing.
 *
 * Time is simulated, and every choice comes from the seed: a seed that finds a fault finds it again. Resolvers really run; what they wait for
 * must be simulated too, such as the clock of the world.
 */
export async function simulate(router: AnyTRPCRouter, options: SimulateOptions): Promise<SimulationReport> {
  const { world, seed, faults: given, customers = ['acme', 'zenith'] } = options
  const control = controlOf(world)
  const random = createRandom(seed)
  const faults = { ...someFaults, ...given }
  const procedures = await simulatedProcedures(router, options)
  control.reset(random, faults)
  const trace: string[] = []
  const tell = (what: string): void => {
    trace.push(`${control.clock.now() - startedAt} ${what}`)
  }
  const startedAt = control.clock.now()
  const simulation: Simulation = { ...options, router, control, random, faults, tell, stories: new Map() }
  const remove = instrument(
    procedures.map(({ procedure }) => procedure),
    (call, resolve) => runResolver(simulation, call, resolve),
  )
  try {
    const stories = await Promise.all(
      Array.from({ length: options.calls ?? 8 }, (_, index) => {
        const { path, procedure } = random.pick(procedures)
        return beginStory(simulation, index, path, procedure, random.pick(customers))
      }),
    )
    await waitFor(control, Promise.all(stories.map(({ story, procedure }) => live(simulation, story, procedure))))
    control.heal()
    await control.clock.settle(() => control.busy > 0)
    // After a day every hold has expired, whatever its time; a call that was left in doubt is sent once more.
    await waitFor(control, control.clock.delay(DAY_MS))
    const doubtful = stories.filter(({ story }) => story.operationId !== null && story.attempts.every(mayRetry))
    await waitFor(control, Promise.all(doubtful.map(({ story, procedure }) => attempt(simulation, story, procedure))))
    await control.clock.settle(() => control.busy > 0)
    const told = stories.map(({ story }) => story)
    const violations = [...(await waitFor(control, judge(control, told, { chunks: options.chunks ?? {} })))]
    await waitFor(control, control.clock.delay(DAY_MS))
    violations.push(...(await waitFor(control, judgeHolds(control, told))))
    return { seed, violations, trace }
  } finally {
    remove()
    await control.engine.close()
  }
}

const DAY_MS = 90_000_000

const NOT_SENT = { calls: null, wantsEnvelope: false, canStream: true, resHeaders: null, access: () => null }

interface Simulation extends SimulateOptions {
  readonly router: AnyTRPCRouter
  readonly control: WorldControl
  readonly random: Random
  readonly faults: Faults
  readonly tell: (what: string) => void
  readonly stories: Map<Attempt, Story>
}

interface NamedProcedure {
  readonly path: string
  readonly procedure: AnyTRPCProcedure
}

async function simulatedProcedures(router: AnyTRPCRouter, { costs = {} }: SimulateOptions): Promise<readonly NamedProcedure[]> {
  const all = [...(await proceduresOf(router))].map(([path, procedure]) => ({ path, procedure }))
  const metered = all.filter(
    ({ path, procedure }) =>
      Object.hasOwn(costs, path) || marksOf(procedure).some((mark) => mark.kind === 'metered' && mark.costs.length > 0),
  )
  if (metered.length === 0) throw new Error('the router has no metered procedure to simulate')
  return metered
}

/** Runs a promise to its end while time passes. */
async function waitFor<T>(control: WorldControl, promise: Promise<T>): Promise<T> {
  const state = { settled: false }
  const end = (): void => {
    state.settled = true
  }
  promise.then(end, end)
  const isSettled = await control.clock.run(
    () => control.busy > 0,
    () => state.settled,
  )
  if (!isSettled)
    throw new Error(
      'the simulation waits for a call that does not end: resolvers may wait for the clock of the world, and for nothing else',
    )
  return promise
}

async function beginStory(simulation: Simulation, index: number, path: string, procedure: AnyTRPCProcedure, customerId: string) {
  const { seed, random, inputs = {}, costs = {}, context } = simulation
  const operationId = random.chance(0.75) ? `op-${seed}-${index}` : null
  const input = inputs[path]?.(random)
  const quote: QuoteRequest = { remaining: marksOf(procedure).length, caller: null, items: [], gates: [] }
  if (quote.remaining > 0) {
    const ctx = withQuote(context(customerId), quote)
    await procedure({ ctx, path, type: procedure._def.type, getRawInput: async () => input, signal: undefined, batchIndex: 0 })
  }
  const caller = quote.caller ?? { customerId, entityId: null }
  const cost = costs[path] ?? quote.items
  const story: Story = { index, path, input, caller, customerId, operationId, cost, attempts: [], runs: [], nested: false }
  return { story, procedure }
}

/** A call from its first attempt to its last. */
async function live(simulation: Simulation, story: Story, procedure: AnyTRPCProcedure): Promise<void> {
  const { random, faults, control } = simulation
  await control.clock.delay(random.int(0, 200))
  const isNamed = story.operationId !== null
  const twin = isNamed && random.chance(faults.duplicates) ? attempt(simulation, story, procedure) : null
  let last = await attempt(simulation, story, procedure)
  for (let retry = 0; retry < 3 && isNamed && (mayRetry(last) || random.chance(faults.retries)); retry++) {
    await control.clock.delay(random.int(1, 3_000))
    last = await attempt(simulation, story, procedure)
  }
  await twin
}

async function attempt(simulation: Simulation, story: Story, procedure: AnyTRPCProcedure): Promise<Attempt> {
  const { stories } = simulation
  const sent: Attempt = { abort: new AbortController(), delivered: 0, isCharged: false, outcome: null }
  story.attempts.push(sent)
  stories.set(sent, story)
  await sending.run(sent, () => send(simulation, story, sent, procedure))
  return sent
}

async function send(simulation: Simulation, story: Story, sent: Attempt, procedure: AnyTRPCProcedure): Promise<void> {
  const { random, faults, control, context, router, tell } = simulation
  const name = `call ${story.index} ${story.path} for ${story.customerId}, attempt ${story.attempts.length}`
  tell(`${name}: sent`)
  const leavesAfter = random.chance(faults.aborts) ? random.int(0, 3) : Number.POSITIVE_INFINITY
  if (random.chance(faults.aborts)) void control.clock.delay(random.int(0, 400)).then(() => sent.abort.abort())
  const request = { ...NOT_SENT, operationIds: [story.operationId], router }
  const ctx = { ...withRequest(context(story.customerId), request), [ATTEMPT]: sent }
  try {
    const { signal } = sent.abort
    const getRawInput = async (): Promise<unknown> => story.input
    const answer: unknown = await procedure({ ctx, path: story.path, type: procedure._def.type, getRawInput, signal, batchIndex: 0 })
    sent.outcome = isIterable(answer) ? await readStream(sent, answer, leavesAfter) : { kind: 'answered', answer }
  } catch (error) {
    sent.outcome = { kind: 'failed', error }
  }
  tell(`${name}: ${wordOf(sent)}`)
}

async function readStream(sent: Attempt, stream: AsyncIterable<unknown>, leavesAfter: number): Promise<Attempt['outcome']> {
  const chunks: unknown[] = []
  if (leavesAfter === 0) {
    await stream[Symbol.asyncIterator]().return?.()
    return { kind: 'left' }
  }
  for await (const chunk of stream) {
    chunks.push(chunk)
    sent.delivered++
    if (sent.delivered >= leavesAfter) return { kind: 'left' }
  }
  return sent.abort.signal.aborted ? { kind: 'left' } : { kind: 'answered', answer: chunks }
}

/** Runs a resolver, and lets it be slow, throw, and heed an abort or not. */
async function runResolver(simulation: Simulation, call: MeteredCall, resolve: () => Promise<CallResult>): Promise<CallResult> {
  const { random, faults, control, stories, tell } = simulation
  // Only calls of the simulation carry an attempt.
  const attempt = (call.ctx as { readonly [ATTEMPT]?: Attempt })[ATTEMPT]
  const story = attempt && stories.get(attempt)
  if (attempt === undefined || story === undefined) return resolve()
  if (call.path !== story.path) {
    story.nested = true
    return resolve()
  }
  const holdId = runningCall()?.account.hold.id
  const isLetThrough = holdId !== undefined && !control.admitted.has(holdId)
  const run: Run = { attempt, isStream: false, isLetThrough, fate: 'running' }
  story.runs.push(run)
  const fail = (when: string): never => {
    run.fate = 'threw'
    tell(`call ${story.index}: the resolver throws ${when} its work`)
    throw new Error(`thrown ${when} the work`)
  }
  const heeds = random.chance(0.5)
  await control.clock.delay(random.int(0, 300))
  if (heeds && attempt.abort.signal.aborted) return fail('on the abort, before')
  if (random.chance(faults.throws)) return fail('before')
  const result = await resolve().catch((error: unknown) => {
    run.fate = 'threw'
    throw error
  })
  if (result.ok && isIterable(result.data)) {
    run.isStream = true
    return { ...result, data: slowly(simulation, result.data) }
  }
  await control.clock.delay(random.int(0, 300))
  if (random.chance(faults.throws / 2)) return fail('after')
  run.fate = 'finished'
  return result
}

/** A stream whose chunks take their time, and which may throw between two of them. */
async function* slowly({ random, faults, control }: Simulation, stream: AsyncIterable<unknown>): AsyncGenerator<unknown, unknown> {
  const throwsAfter = random.chance(faults.throws) ? random.int(0, 3) : Number.POSITIVE_INFINITY
  let chunks = 0
  for await (const chunk of stream) {
    if (chunks++ >= throwsAfter) throw new Error('thrown in the middle of the stream')
    await control.clock.delay(random.int(0, 100))
    yield chunk
  }
  return undefined
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
