import type { Features } from '@tollgate/features'
import { type Allowed, type Caller, type FeatureUnits, OutageError, type Refused } from './backends/backend.ts'
import { unreadDenial } from './backends/unreadDenial.ts'
import type { Identified } from './builder.ts'
import type { CallResult, MeteredCall } from './call.ts'
import type { MeteringCore } from './core.ts'
import { type ClaimDenial, claiming } from './denialShape.ts'
import { marked } from './mark.ts'
import type { Gateable, RegistryIds } from './meterable.ts'
import type { MeteringMiddleware } from './metered.ts'
import { quotedOnly, quoteRequestOf } from './quote.ts'
import { ownRequestOf } from './request.ts'

/** Lets a procedure of any `initTRPC` run only for customers that have a feature: `.use(gated('sso'))`. */
export type Gated<TIds extends RegistryIds, TNeeded> = <const $Id extends string, $Input, $Context = TNeeded>(
  featureId: Identified<$Context, TNeeded, Gateable<TIds, $Id>>,
) => MeteringMiddleware<$Context, $Input, object>

/** The middleware that gates; throws at once on what a typed program could not have written. */
export function gatedMiddleware(core: MeteringCore, featureId: string, claim: ClaimDenial | null = null) {
  checkGate(core.features, featureId)
  const items = [{ featureId, units: 1 }] as const

  const gate = async (call: MeteredCall): Promise<CallResult> => {
    const caller = await core.callerOf(call.ctx)
    const quoted = quoteRequestOf(call.ctx)
    if (quoted) {
      quoted.gates.push(featureId)
      return quotedOnly(call, caller, quoted)
    }
    const checked = await checkedGate(core, caller, items)
    const request = ownRequestOf(call)
    if (request && checked) request.access = checked.access
    core.telemetry?.decided(call.path, featureId, checked?.kind === 'denied' ? checked.denial.reason : 'allowed')
    if (checked?.kind === 'denied') throw core.refusal(checked.denial)
    return call.next()
  }
  return marked(claim ? claiming(gate, claim) : gate, { kind: 'gated', featureId })
}

/** What the backend says; in an outage what its policy says, which is null where the call is let through. */
async function checkedGate(core: MeteringCore, caller: Caller, items: readonly [FeatureUnits]): Promise<Allowed | Refused | null> {
  try {
    const checked = await core.backend.check({ caller, items })
    core.outage.noteAnswer()
    return checked
  } catch (error) {
    if (!(error instanceof OutageError)) throw error
    core.telemetry?.outage('check')
    core.outage.noteOutage(error)
    if (core.outage.policyOf(items[0].featureId) !== 'deny') return null
    return { kind: 'denied', denial: unreadDenial('outage', items), access: () => null }
  }
}

function checkGate(features: Features, id: string): void {
  const type = Object.hasOwn(features, id) ? features[id]?.type : undefined
  if (type === undefined) throw new Error(`there is no feature '${id}' in the registry: declare it with defineFeatures()`)
  if (type === 'metered') throw new Error(`'${id}' is counted in units, not had or not: use meteredProcedure('${id}', { units: … })`)
  if (type === 'credit_system')
    throw new Error(`'${id}' is a credit system: gate by a boolean feature, or meter a feature that draws from it`)
}
