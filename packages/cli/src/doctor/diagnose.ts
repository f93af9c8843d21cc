import { type Feature, type Features, type Plan, type Plans, poolsOf } from '@tollgate/features'
import type { InspectedProcedure } from '@tollgate/server'
import { type Finding, type RuleId, ruleIds, rules } from './rules.ts'

/** What the doctor looks at; null for plans that are not known. */
export interface Patient {
  readonly procedures: readonly InspectedProcedure[]
  readonly features: Features
  readonly plans: Plans | null
}

/** All that is probably not meant, by rule, then by name. */
export function diagnose(patient: Patient): readonly Finding[] {
  const { procedures, features, plans } = patient
  const found = [
    ...procedures.flatMap((procedure) => [...procedureFindings(procedure), ...featureFindings(procedure, features, plans)]),
    ...unusedFeatures(patient),
    ...(plans === null ? [] : Object.values(plans).flatMap(unreachablePlan)),
  ]
  return found.sort((a, b) => ruleIds.indexOf(a.rule) - ruleIds.indexOf(b.rule) || (a.name < b.name ? -1 : 1))
}

function finding(rule: RuleId, kind: Finding['kind'], name: string, message: string): Finding {
  return { rule, severity: rules[rule].severity, kind, name, message, hint: rules[rule].hint }
}

function procedureFindings({ path, type, costs, inFlight, gates, free }: InspectedProcedure): readonly Finding[] {
  const metered = costs.length > 0 || inFlight.length > 0
  if (!metered && gates.length === 0) {
    return free ? [] : [finding('unmetered-procedure', 'procedure', path, `is a ${type} that is neither metered nor gated`)]
  }
  const charged = costs.filter(({ units }) => units !== 0)
  const ids = charged.map(({ featureId }) => `'${featureId}'`).join(' and ')
  return [
    ...(type === 'query' && charged.length > 0
      ? [finding('metered-query', 'procedure', path, `is a query: every refetch is charged to ${ids} again`)]
      : []),
    ...costs
      .filter(({ units }) => units === 0)
      .map(({ featureId }) => finding('zero-cost', 'procedure', path, `takes 0 units of '${featureId}'`)),
  ]
}

/** What keeps every customer from calling a procedure. */
function featureFindings(procedure: InspectedProcedure, features: Features, plans: Plans | null): readonly Finding[] {
  const { path, costs, inFlight, gates } = procedure
  const counted = costs.map(({ featureId }) => featureId)
  const unknown = [...counted, ...inFlight, ...gates].filter((id) => !Object.hasOwn(features, id))
  const isKnown = (id: string): boolean => Object.hasOwn(features, id)
  const isIncluded = (id: string): boolean =>
    plans === null || Object.values(plans).some(({ items }) => items.some(({ featureId }) => featureId === id))
  const isPayable = (id: string): boolean => isIncluded(id) || poolsOf(features, id).some(({ poolId }) => isIncluded(poolId))
  return [
    ...unknown.map((id) => finding('unknown-feature', 'procedure', path, `uses '${id}', which is not in the registry`)),
    ...counted
      .filter((id) => isKnown(id) && !isPayable(id))
      .map((id) =>
        finding('missing-cost', 'procedure', path, `is refused on every plan: none includes '${id}' or a pool with a cost for it`),
      ),
    ...gates
      .filter((id) => isKnown(id) && !isIncluded(id))
      .map((id) => finding('missing-grant', 'procedure', path, `is refused on every plan: none grants '${id}'`)),
  ]
}

function unusedFeatures({ procedures, features, plans }: Patient): readonly Finding[] {
  const used = new Set<string>([
    ...procedures.flatMap(({ costs, inFlight, gates }) => [...costs.map(({ featureId }) => featureId), ...inFlight, ...gates]),
    ...Object.values(plans ?? {}).flatMap(entitiesOf),
  ])
  const isUsed = (id: string, feature: Feature): boolean => {
    if (used.has(id)) return true
    if (feature.type === 'credit_system') return Object.keys(feature.costs).some((each) => used.has(each))
    return feature.type === 'metered' && (feature.eventNames?.length ?? 0) > 0
  }
  return Object.entries(features)
    .filter(([id, feature]) => !isUsed(id, feature))
    .map(([id, { type }]) => finding('unused-feature', 'feature', id, unusedMessages[type]))
}

const unusedMessages: Readonly<Record<Feature['type'], string>> = {
  metered: 'is metered, and no procedure counts it',
  boolean: 'is boolean, and gates no procedure',
  credit_system: 'is a credit system, and no procedure counts a feature that it pays for',
}

/** The features whose entities are given units of their own. */
function entitiesOf({ items }: Plan): readonly string[] {
  return items.flatMap((item) => (item.kind === 'included' && item.perEntity !== null ? [item.perEntity] : []))
}

function unreachablePlan({ id, autoEnable, price, items }: Plan): readonly Finding[] {
  const isSold = price !== null || items.some((item) => item.kind === 'included' && (item.prepaid !== null || item.overage?.price))
  if (autoEnable || isSold) return []
  return [finding('unreachable-plan', 'plan', id, 'is neither given to new customers nor sold: only code can attach it')]
}
