import type { BalanceAccess, CustomerAccess, FeatureAccess, PlanAccess } from '@tollgate/features'

/**
 * Writes an access as JSON within what a header may carry: ids and names may hold any character.
 *
 * Field by field, since every answer of a metered procedure leads through here: half the time of `JSON.stringify`, and the same value.
 */
export function accessText({ customerId, entityId, version, at, features, plans }: CustomerAccess): string {
  let having = ''
  for (const feature of Object.values(features))
    if (feature) having += `${having && ','}${textOf(feature.featureId)}:${textOfFeature(feature)}`
  let held = ''
  for (const plan of plans) held += `${held && ','}${textOfPlan(plan)}`
  const whose = `"customerId":${textOf(customerId)},"entityId":${textOf(entityId)}`
  return `{${whose},"version":${version},"at":${at},"features":{${having}},"plans":[${held}]}`
}

function textOfFeature(feature: FeatureAccess): string {
  if (feature.type === 'boolean') return `{"featureId":${textOf(feature.featureId)},"type":"boolean","granted":${feature.granted}}`
  return textOfBalance(feature)
}

function textOfBalance({
  featureId,
  type,
  granted,
  used,
  held,
  remaining,
  unlimited,
  overageLeft,
  usageLimitLeft,
  resetsAt,
}: BalanceAccess): string {
  const counted = `"granted":${granted},"used":${used},"held":${held},"remaining":${remaining},"unlimited":${unlimited}`
  const beyond = `"overageLeft":${leftOf(overageLeft)},"usageLimitLeft":${leftOf(usageLimitLeft)},"resetsAt":${resetsAt}`
  return `{"featureId":${textOf(featureId)},"type":"${type}",${counted},${beyond}}`
}

function textOfPlan({ planId, status, startsAt, trialEndsAt, endsAt }: PlanAccess): string {
  return `{"planId":${textOf(planId)},"status":"${status}","startsAt":${startsAt},"trialEndsAt":${trialEndsAt},"endsAt":${endsAt}}`
}

function leftOf(left: number | 'unlimited'): string {
  return left === 'unlimited' ? '"unlimited"' : `${left}`
}

function textOf(id: string | null): string {
  if (id === null) return 'null'
  return NOT_PLAIN.test(id) ? escaped(id) : `"${id}"`
}

/** Ids are printable ASCII, nearly always. */
const NOT_PLAIN = /[^ !#-[\]-~]/

function escaped(id: string): string {
  return JSON.stringify(id).replaceAll(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
