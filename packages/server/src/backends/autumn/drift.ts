import { type AutumnConfig, type AutumnItem, type Features, type Plans, toAutumnConfig } from '@tollgate/features'
import type { Autumn } from 'autumn-js'
import { errorOf } from './fault.ts'
import { createSdk, type RequestOptions, type Sdk } from './sdk.ts'

export interface DriftOptions {
  readonly secretKey: string
  /** Where Autumn answers; its own cloud when it is not said. */
  readonly url?: string
  readonly features: Features
  readonly plans: Plans
  /** Makes the requests in place of the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>
}

/** Where the registry and what Autumn has differ, a sentence each; empty when they agree. */
export async function catalogDrift({ features, plans, ...options }: DriftOptions): Promise<readonly string[]> {
  const sdk = createSdk({ ...options, timeoutMs: 30_000 })
  const config = toAutumnConfig(features, plans)
  const [listedFeatures, listedPlans] = await Promise.all([
    list(sdk, (autumn, request) => autumn.features.list({}, request)),
    list(sdk, (autumn, request) => autumn.plans.list({}, request)),
  ])
  return [
    ...compared('feature', facts(config.features, featureFacts), facts(living(listedFeatures.list), featureFacts)),
    ...compared('plan', facts(config.plans, planFacts), facts(living(listedPlans.list), planFacts)),
  ]
}

/** What is compared, by the name under which it is told. */
type Facts = Readonly<Record<string, unknown>>

type ListedPlan = Awaited<ReturnType<Autumn['plans']['list']>>['list'][number]
type ListedFeature = Awaited<ReturnType<Autumn['features']['list']>>['list'][number]

async function list<T>(sdk: Sdk, send: (autumn: Autumn, request: RequestOptions) => Promise<T>): Promise<T> {
  const answer = await sdk(send)
  if (!answer.ok) throw errorOf(answer.fault)
  return answer.value
}

function living<$Item extends { readonly archived: boolean }>(items: readonly $Item[]): readonly $Item[] {
  return items.filter((item) => !item.archived)
}

function facts<$Item extends { readonly id: string }>(items: readonly $Item[], of: (item: $Item) => Facts): ReadonlyMap<string, Facts> {
  return new Map(items.map((item) => [item.id, of(item)]))
}

function compared(noun: string, ours: ReadonlyMap<string, Facts>, theirs: ReadonlyMap<string, Facts>): readonly string[] {
  const sentences: string[] = []
  for (const [id, own] of ours) {
    const other = theirs.get(id)
    if (other === undefined) {
      sentences.push(`${noun} '${id}' is in the registry, and not in Autumn`)
      continue
    }
    for (const name of new Set([...Object.keys(own), ...Object.keys(other)])) {
      const [mine, yours] = [JSON.stringify(own[name] ?? null), JSON.stringify(other[name] ?? null)]
      if (mine !== yours) sentences.push(`${noun} '${id}': ${name} is ${mine} in the registry, and ${yours} in Autumn`)
    }
  }
  for (const id of theirs.keys()) if (!ours.has(id)) sentences.push(`${noun} '${id}' is in Autumn, and not in the registry`)
  return sentences
}

function featureFacts(feature: AutumnConfig['features'][number] | ListedFeature): Facts {
  const costs = 'creditSchema' in feature ? (feature.creditSchema ?? []) : []
  return {
    type: feature.type,
    ...(feature.type === 'metered' && 'consumable' in feature && { consumable: feature.consumable }),
    ...Object.fromEntries(
      costs.map((cost) => [
        `the cost of ${cost.meteredFeatureId}`,
        'creditCost' in cost && cost.creditCost !== undefined ? cost.creditCost : 'by tiers',
      ]),
    ),
  }
}

function planFacts(plan: AutumnConfig['plans'][number] | ListedPlan): Facts {
  return {
    name: plan.name,
    group: plan.group ?? '',
    'add-on': plan.addOn,
    'auto-enable': plan.autoEnable,
    price: plan.price ? `${plan.price.amount} / ${plan.price.interval}` : null,
    ...itemFacts(plan.items),
  }
}

function itemFacts(items: readonly (AutumnItem | ListedPlan['items'][number])[]): Facts {
  const told: Record<string, unknown> = {}
  for (const { featureId, included = 0, unlimited = false, reset, price } of items) {
    const method = price ? ` (${price.billingMethod})` : ''
    told[`${featureId}${method}`] = {
      included,
      unlimited,
      reset: reset && reset.interval !== 'one_off' ? `${reset.intervalCount ?? 1} ${reset.interval}` : null,
      price: price ? `${price.amount ?? 'tiers'} per ${price.billingUnits}` : null,
    }
  }
  return told
}
