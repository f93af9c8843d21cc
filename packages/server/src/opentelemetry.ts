import { type Attributes, context, metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import type { CallFacts, Standing, Step, Telemetry } from './telemetry.ts'

const SCOPE = '@tollgate/server'

/**
 * Spans and metrics through the host's OpenTelemetry providers: `createMetering({ telemetry: openTelemetry(), … })`.
 *
 * Spans: `tollgate.reserve`, `tollgate.work`, `tollgate.commit`, `tollgate.release`. Metrics: `tollgate.decisions` by reason,
 * `tollgate.held`, `tollgate.used`, `tollgate.commit.duration`, `tollgate.outages`, `tollgate.backend.up`, `tollgate.unsettled`. A backend in
 * trouble shows as `tollgate.backend.up` at 0 and as decisions for the reason `outage`; no usage shows as neither.
 */
export function openTelemetry(): Telemetry {
  const tracer = trace.getTracer(SCOPE)
  const meter = metrics.getMeter(SCOPE)
  const decisions = meter.createCounter('tollgate.decisions', { description: 'Metered calls, by how they were decided' })
  const held = meter.createUpDownCounter('tollgate.held', { description: 'Units set aside for running calls' })
  const used = meter.createCounter('tollgate.used', { description: 'Units recorded as used' })
  const outages = meter.createCounter('tollgate.outages', { description: 'Times that the backend could not answer' })
  const commitDuration = meter.createHistogram('tollgate.commit.duration', { unit: 'ms', description: 'Time until a cost was recorded' })

  return {
    start(name, facts) {
      const startedAt = performance.now()
      const span = tracer.startSpan(`tollgate.${name}`, { attributes: attributesOf(facts) })
      const within = trace.setSpan(context.active(), span)
      return {
        run: (work) => context.with(within, work),
        end(outcome, error) {
          span.setAttribute('tollgate.outcome', outcome)
          if (error !== undefined) {
            span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) })
            span.recordException(error instanceof Error ? error : messageOf(error))
          }
          span.end()
          if (name === 'commit') commitDuration.record(performance.now() - startedAt, { 'tollgate.outcome': outcome })
        },
      } satisfies Step
    },
    decided(procedure, featureId, decision) {
      decisions.add(1, { 'tollgate.procedure': procedure, 'tollgate.feature': featureId, 'tollgate.decision': decision })
    },
    held(featureId, units) {
      held.add(units, { 'tollgate.feature': featureId })
    },
    used(featureId, units) {
      used.add(units, { 'tollgate.feature': featureId })
    },
    outage(step) {
      outages.add(1, { 'tollgate.step': step })
    },
    observe({ isOut, unsettled }: Standing) {
      const up = meter.createObservableGauge('tollgate.backend.up', { description: '1 while the backend answers, 0 while it does not' })
      up.addCallback((result) => result.observe(isOut() ? 0 : 1))
      const waiting = meter.createObservableGauge('tollgate.unsettled', { description: 'Answered calls whose cost is not recorded yet' })
      waiting.addCallback((result) => result.observe(unsettled()))
    },
  }
}

function attributesOf({ procedure, featureIds, operationId }: CallFacts): Attributes {
  return { 'tollgate.procedure': procedure, 'tollgate.features': [...featureIds], 'tollgate.operation_id': operationId }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
