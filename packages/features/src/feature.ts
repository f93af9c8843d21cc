/** How the units of a feature are called in sentences: `{ singular: 'image', plural: 'images' }`. */
export interface UnitNames {
  readonly singular: string
  readonly plural: string
}

/** A feature counted in units. */
export interface MeteredFeature<TConsumable extends boolean = boolean> {
  readonly type: 'metered'
  /** True: units are used up, and a plan's interval brings them back. False: units are allocated, as seats are, and come back when they are given up. */
  readonly consumable: TConsumable
  readonly name?: string
  /** Names of tracked events that count as one or more units of this feature. */
  readonly eventNames?: readonly string[]
  readonly display?: UnitNames
}

/** A feature that a customer has or has not. */
export interface BooleanFeature {
  readonly type: 'boolean'
  readonly name?: string
}

/** Credits per unit of each metered feature that may be paid from a pool. */
export type Costs = Readonly<Record<string, number>>

/** A pool of credits that other features draw from, at a cost per unit. */
export interface CreditSystemFeature<TCosts extends Costs = Costs> {
  readonly type: 'credit_system'
  readonly costs: TCosts
  readonly name?: string
  readonly display?: UnitNames
}

/** A thing that is metered or gated. */
export type Feature = MeteredFeature<true> | MeteredFeature<false> | BooleanFeature | CreditSystemFeature

/** Features by id: what `defineFeatures` gives back, and what generic code asks for. */
export type Features = Readonly<Record<string, Feature>>

interface MeteredOptions<TConsumable extends boolean> extends Omit<MeteredFeature, 'type' | 'consumable'> {
  /** Default true. */
  readonly consumable?: TConsumable
}

/** Declares a feature counted in units; `consumable: false` makes it an allocated one, as seats are. */
export function metered<const $Consumable extends boolean = true>(opts: MeteredOptions<$Consumable> = {}): MeteredFeature<$Consumable> {
  // Only a call without `consumable` infers the default of `$Consumable`, which is this default.
  const consumable = (opts.consumable ?? true) as $Consumable
  return Object.freeze<MeteredFeature<$Consumable>>({ ...opts, type: 'metered', consumable })
}

/** Declares a feature that a customer has or has not. */
export function boolean(opts: Omit<BooleanFeature, 'type'> = {}): BooleanFeature {
  return Object.freeze({ ...opts, type: 'boolean' })
}

/** Declares a pool of credits: `creditSystem({ image_gen: 10 })` lets one unit of `image_gen` be paid with 10 credits. */
export function creditSystem<const $Costs extends Costs>(
  costs: $Costs,
  opts: Omit<CreditSystemFeature, 'type' | 'costs'> = {},
): CreditSystemFeature<$Costs> {
  return Object.freeze({ ...opts, type: 'credit_system', costs })
}
