import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { StoreUnavailableError } from '@tollgate/engine'
import { initTRPC } from '@trpc/server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OutageError } from './backends/backend.ts'
import { embedded } from './backends/embedded.ts'
import { failureOf } from './client.fixture.ts'
import { openTelemetry } from './opentelemetry.ts'
import { type Context, meteringOn, openMetering } from './served.fixture.ts'

const acme = { user: { orgId: 'acme' } }
const spans = new InMemorySpanExporter()
let exporter: InMemoryMetricExporter
let reader: PeriodicExportingMetricReader
let provider: MeterProvider

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }))
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000 })
  provider = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(provider)
})

afterEach(async () => {
  spans.reset()
  await provider.shutdown()
  for (const api of [context, trace, metrics]) api.disable()
})

/** The points of a metric as they stand now. */
async function pointsOf(name: string): Promise<readonly { readonly attributes: object; readonly value: unknown }[]> {
  await reader.forceFlush()
  const all =
    exporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
  const points: readonly DataPoint<unknown>[] = all.find((metric) => metric.descriptor.name === name)?.dataPoints ?? []
  return points.map(({ attributes, value }) => ({ attributes, value }))
}

async function open(options: Parameters<typeof openMetering>[0] = {}) {
  const state = { down: false }
  const opened = await openMetering({
    ...options,
    telemetry: openTelemetry(),
    onError: () => {},
    overStore: (store) => ({
      ...store,
      transact(works) {
        if (state.down) throw new StoreUnavailableError('out', 'nothing_happened')
        return store.transact(works)
      },
    }),
  })
  const { t, meteredProcedure, gatedProcedure } = opened
  const router = t.router({
    send: meteredProcedure('messages', { units: 2 }).mutation(() => {
      trace.getTracer('app').startSpan('app.render').end()
      return 'sent'
    }),
    fail: meteredProcedure('messages', { units: 2 }).mutation(() => {
      throw new Error('broken')
    }),
    write: meteredProcedure('messages', { units: 1 }).mutation(async function* ({ ctx }) {
      ctx.usage.add(1)
      trace.getTracer('app').startSpan('app.word').end()
      yield 'word'
    }),
    saml: gatedProcedure('sso').query(() => 'saml'),
  })
  return { ...opened, state, caller: router.createCaller(acme) }
}

describe('spans', () => {
  it('tell reserving, the work with what it does, and committing', async () => {
    const { caller } = await open()
    await trace.getTracer('host').startActiveSpan('host.request', async (root) => {
      await caller.send()
      root.end()
    })
    const all = spans.getFinishedSpans()
    const byName = (name: string) => all.find((span) => span.name === name)
    const root = byName('host.request')?.spanContext().spanId
    for (const name of ['tollgate.reserve', 'tollgate.work', 'tollgate.commit']) {
      expect(byName(name)?.parentSpanContext?.spanId, name).toBe(root)
      expect(byName(name)?.attributes, name).toMatchObject({ 'tollgate.procedure': 'send', 'tollgate.features': ['messages'] })
    }
    expect(byName('app.render')?.parentSpanContext?.spanId).toBe(byName('tollgate.work')?.spanContext().spanId)
    expect(byName('tollgate.reserve')?.attributes['tollgate.outcome']).toBe('allowed')
    expect(byName('tollgate.commit')?.attributes['tollgate.outcome']).toBe('committed')
  })

  it('tell a failure, and that its units went back', async () => {
    const { caller } = await open()
    await failureOf(caller.fail())
    const all = spans.getFinishedSpans()
    expect(all.map((span) => span.name)).toEqual(['tollgate.reserve', 'tollgate.work', 'tollgate.release'])
    expect(all[1]).toMatchObject({ status: { code: 2, message: 'broken' }, events: [{ name: 'exception' }] })
  })

  it('follow a stream to its end', async () => {
    const { caller } = await open()
    for await (const _ of await caller.write());
    const all = spans.getFinishedSpans()
    const work = all.find((span) => span.name === 'tollgate.work')
    expect(work?.attributes['tollgate.outcome']).toBe('done')
    expect(all.find((span) => span.name === 'app.word')?.parentSpanContext?.spanId).toBe(work?.spanContext().spanId)
  })

  it('name no customer', async () => {
    const { caller } = await open()
    await caller.send()
    expect(JSON.stringify(spans.getFinishedSpans().map((span) => span.attributes))).not.toContain('acme')
  })
})

describe('metrics', () => {
  it('count decisions by reason, used units, and how long commits took', async () => {
    const { caller } = await open()
    await caller.send()
    await caller.send()
    await failureOf(caller.send())
    await failureOf(caller.saml())
    const decided = (procedure: string, feature: string, decision: string, value: number) => ({
      attributes: { 'tollgate.procedure': procedure, 'tollgate.feature': feature, 'tollgate.decision': decision },
      value,
    })
    expect(await pointsOf('tollgate.decisions')).toEqual([
      decided('send', 'messages', 'allowed', 2),
      decided('send', 'messages', 'limit_reached', 1),
      decided('saml', 'sso', 'feature_not_in_plan', 1),
    ])
    expect(await pointsOf('tollgate.used')).toEqual([{ attributes: { 'tollgate.feature': 'messages' }, value: 4 }])
    expect(await pointsOf('tollgate.commit.duration')).toMatchObject([
      { attributes: { 'tollgate.outcome': 'committed' }, value: { count: 2 } },
    ])
  })

  it('tell what is held while calls run', async () => {
    const { t, meteredProcedure } = await open()
    const work = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    const router = t.router({
      long: meteredProcedure('messages', { units: 2 }).mutation(async ({ ctx }) => {
        await ctx.usage.add(3)
        started.resolve()
        await work.promise
      }),
    })
    const call = router.createCaller(acme).long()
    await started.promise
    expect(await pointsOf('tollgate.held')).toEqual([{ attributes: { 'tollgate.feature': 'messages' }, value: 3 }])
    work.resolve()
    await call
    expect(await pointsOf('tollgate.held')).toEqual([{ attributes: { 'tollgate.feature': 'messages' }, value: 0 }])
  })

  it('tell a backend in trouble from no usage', async () => {
    const { caller, state } = await open()
    expect(await pointsOf('tollgate.backend.up')).toMatchObject([{ value: 1 }])
    expect(await pointsOf('tollgate.decisions')).toEqual([])
    state.down = true
    await failureOf(caller.send())
    expect(await pointsOf('tollgate.backend.up')).toMatchObject([{ value: 0 }])
    expect(await pointsOf('tollgate.outages')).toContainEqual({ attributes: { 'tollgate.step': 'reserve' }, value: 1 })
    expect(await pointsOf('tollgate.decisions')).toMatchObject([{ attributes: { 'tollgate.decision': 'outage' }, value: 1 }])
    state.down = false
    await caller.send()
    expect(await pointsOf('tollgate.backend.up')).toMatchObject([{ value: 1 }])
    expect(await pointsOf('tollgate.unsettled')).toMatchObject([{ value: 0 }])
  })

  it('tell an outage between the work and its commit, and how many calls wait to be recorded', async () => {
    const { metering, t, meteredProcedure, state } = await open({ settleTimeoutMs: 1 })
    const router = t.router({
      cut: meteredProcedure('messages', { units: 1 }).mutation(() => {
        state.down = true
      }),
    })
    await failureOf(router.createCaller(acme).cut())
    expect(await pointsOf('tollgate.backend.up')).toMatchObject([{ value: 0 }])
    expect(await pointsOf('tollgate.outages')).toMatchObject([{ attributes: { 'tollgate.step': 'commit' } }])
    expect(await pointsOf('tollgate.unsettled')).toMatchObject([{ value: 1 }])
    state.down = false
    await metering.drain()
    expect(await pointsOf('tollgate.backend.up')).toMatchObject([{ value: 1 }])
    expect(await pointsOf('tollgate.unsettled')).toMatchObject([{ value: 0 }])
  })

  it('tell that the backend is back where nothing but gates asks it', async () => {
    const { engine } = await openMetering()
    const answer = { down: true }
    const metering = meteringOn({
      telemetry: openTelemetry(),
      onError: () => {},
      backend: {
        ...embedded(engine),
        async check(request) {
          if (answer.down) throw new OutageError('out')
          return embedded(engine).check(request)
        },
      },
    })
    const t = initTRPC.context<Context>().create()
    const caller = t.router({ saml: t.procedure.use(metering.gated('sso')).query(() => 'saml') }).createCaller(acme)
    await failureOf(caller.saml())
    expect(await pointsOf('tollgate.backend.up')).toMatchObject([{ value: 0 }])
    expect(await pointsOf('tollgate.outages')).toEqual([{ attributes: { 'tollgate.step': 'check' }, value: 1 }])
    answer.down = false
    await failureOf(caller.saml())
    expect(await pointsOf('tollgate.backend.up')).toMatchObject([{ value: 1 }])
  })
})

it('names nothing that the README does not tell', async () => {
  const { caller } = await open()
  await caller.send()
  await failureOf(caller.fail())
  await pointsOf('any')
  const metricNames = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all))
  const names = new Set([...metricNames.map(({ descriptor }) => descriptor.name), ...spans.getFinishedSpans().map(({ name }) => name)])
  const ours = [...names].filter((name) => name.startsWith('tollgate.'))
  expect(ours.length).toBeGreaterThanOrEqual(9)
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  for (const name of ours) expect(readme).toContain(`\`${name}\``)
})

it('is not even loaded by an application that does not ask for it', () => {
  const program = `
    import { registerHooks } from 'node:module'
    const files = []
    registerHooks({ load: (url, context, next) => (files.push(url), next(url, context)) })
    const loaded = () => files.filter((file) => file.includes('@opentelemetry')).length
    await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)})
    const before = loaded()
    await import(${JSON.stringify(new URL('opentelemetry.ts', import.meta.url).href)})
    console.log(JSON.stringify([before, loaded() > 0]))
  `
  const args = ['--conditions=@tollgate/source', '--input-type=module', '--eval', program]
  expect(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))).toEqual([0, true])
})
