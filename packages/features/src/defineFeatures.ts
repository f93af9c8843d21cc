import { checkBoolean, checkOptions, checkPositive, checkText } from './check.ts'
import { deepFreeze } from './deepFreeze.ts'
import type { BooleanFeature, Costs, CreditSystemFeature, Feature, Features } from './feature.ts'
import type { MeteredId } from './featureId.ts'
import { checkId, entriesOf } from './id.ts'
import { RegistryError } from './registryError.ts'
import { shown } from './shown.ts'
import type { PartOrFault, Sound } from './sound.ts'

/** A registry: its features by id, each of the kind it was declared as. */
export type DefinedFeatures<TFeatures extends Features> = { readonly [Id in keyof TFeatures]: TFeatures[Id] }

/**
 * Declares the features of an application; the id of each is its key.
 *
 * The result is frozen, keeps the order of the declaration, and has no prototype: `features[id]` is safe with an id from anywhere.
 * Throws a `RegistryError` on what cannot work.
 */
export function defineFeatures<const $Features extends Features>(
  features: Sound<$Features, CheckedFeatures<$Features>>,
): DefinedFeatures<$Features> {
  const registry: Record<string, Feature> = Object.create(null)
  for (const [id, feature] of entriesOf('defineFeatures()', features)) {
    checkId('feature', id)
    registry[id] = featureOf(`feature ${shown(id)}`, feature)
  }
  for (const [id, feature] of Object.entries(registry)) {
    if (feature.type === 'credit_system') checkCosts(id, feature.costs, registry)
  }
  // Every feature was rebuilt with the fields that it came with, so each id still has the type it was declared with.
  return deepFreeze(registry) as DefinedFeatures<$Features>
}

type CheckedFeatures<TFeatures extends Features> = {
  readonly [Id in keyof TFeatures]: CheckedFeature<TFeatures, TFeatures[Id]>
}

type CheckedFeature<TFeatures extends Features, TFeature> =
  TFeature extends CreditSystemFeature<infer $Costs> ? PartOrFault<TFeature, CostsFault<TFeatures, $Costs>> : TFeature

/** The sentences about a cost map; never when each cost is a metered feature's, or which ids it has is known at run time only. */
type CostsFault<TFeatures extends Features, TCosts extends Costs> = string extends keyof TCosts ? never : KnownCostsFault<TFeatures, TCosts>

type KnownCostsFault<TFeatures extends Features, TCosts extends Costs> = [keyof TCosts] extends [never]
  ? '✖ a credit system without costs pays for nothing: name the metered features that draw from it'
  : EachCostFault<TFeatures, TCosts>

type EachCostFault<TFeatures extends Features, TCosts extends Costs> = [keyof TCosts] extends [MeteredId<TFeatures>]
  ? never
  : { readonly [Id in keyof TCosts & string]: CostFault<TFeatures, Id> }[keyof TCosts & string]

type CostFault<TFeatures extends Features, TId extends string> = TId extends keyof TFeatures
  ? KindFault<TFeatures[TId], TId>
  : `✖ a credit system prices metered features of this registry, and it has no feature '${TId}'`

type KindFault<TFeature, TId extends string> = TFeature extends BooleanFeature
  ? `✖ a credit system prices metered features, and '${TId}' is a boolean feature, which has no units`
  : PoolFault<TFeature, TId>

type PoolFault<TFeature, TId extends string> = TFeature extends CreditSystemFeature
  ? `✖ a credit system prices metered features, and '${TId}' is a credit system itself: price what it pays for`
  : never

function featureOf(what: string, feature: unknown): Feature {
  const type: unknown = typeof feature === 'object' && feature !== null && 'type' in feature ? feature.type : undefined
  switch (type) {
    case 'metered':
      return meteredOf(what, feature)
    case 'boolean':
      return booleanOf(what, feature)
    case 'credit_system':
      return creditSystemOf(what, feature)
    default:
      throw new RegistryError(`${what} is ${shown(feature)}: write metered(), boolean() or creditSystem({ … })`)
  }
}

function meteredOf(what: string, feature: unknown): Feature {
  const { consumable, eventNames, ...named } = checkOptions(what, feature, ['type', 'consumable', 'name', 'eventNames', 'display'])
  return {
    type: 'metered',
    consumable: checkBoolean(`consumable of ${what}`, consumable),
    ...nameOf(what, named.name),
    ...(eventNames !== undefined && { eventNames: eventNamesOf(what, eventNames) }),
    ...displayOf(what, named.display),
  }
}

function booleanOf(what: string, feature: unknown): Feature {
  const { name } = checkOptions(what, feature, ['type', 'name'])
  return { type: 'boolean', ...nameOf(what, name) }
}

function creditSystemOf(what: string, feature: unknown): Feature {
  const { costs, name, display } = checkOptions(what, feature, ['type', 'costs', 'name', 'display'])
  const priced = entriesOf(`costs of ${what}`, costs).map(
    ([id, cost]) => [id, checkPositive(`the cost of ${shown(id)} in ${what}`, cost)] as const,
  )
  if (priced.length === 0) {
    throw new RegistryError(`${what} is a credit system without costs, which pays for nothing: name the metered features that draw from it`)
  }
  return { type: 'credit_system', costs: Object.fromEntries(priced), ...nameOf(what, name), ...displayOf(what, display) }
}

function nameOf(what: string, name: unknown): { readonly name?: string } {
  return name === undefined ? {} : { name: checkText(`the name of ${what}`, name) }
}

function displayOf(what: string, display: unknown): { readonly display?: { readonly singular: string; readonly plural: string } } {
  if (display === undefined) return {}
  const { singular, plural } = checkOptions(`display of ${what}`, display, ['singular', 'plural'])
  return { display: { singular: checkText(`the singular of ${what}`, singular), plural: checkText(`the plural of ${what}`, plural) } }
}

function eventNamesOf(what: string, eventNames: unknown): readonly string[] {
  if (!Array.isArray(eventNames)) throw new RegistryError(`eventNames of ${what} is ${shown(eventNames)}: give an array of names`)
  const names = eventNames.map((name) => checkText(`an event name of ${what}`, name))
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) throw new RegistryError(`eventNames of ${what} has ${shown(repeated)} twice: one event counts once`)
  return names
}

function checkCosts(poolId: string, costs: Costs, registry: Features): void {
  for (const id of Object.keys(costs)) {
    const about = `credit system ${shown(poolId)} prices ${shown(id)}`
    const feature = registry[id]
    if (feature === undefined) throw new RegistryError(`${about}, and there is no such feature: name a metered feature of this registry`)
    if (feature.type === 'boolean') throw new RegistryError(`${about}, which is a boolean feature and has no units: name a metered feature`)
    if (feature.type === 'credit_system') throw new RegistryError(`${about}, which is a credit system itself: price what it pays for`)
  }
}
