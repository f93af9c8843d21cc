import { checkBoolean, checkCount, checkOneOf, checkOptions, checkPositive, checkText } from './check.ts'
import { deepFreeze } from './deepFreeze.ts'
import type { Features } from './feature.ts'
import type { FeatureId } from './featureId.ts'
import { checkId, entriesOf } from './id.ts'
import { billingIntervalUnits } from './interval.ts'
import type { Plan, PlanPrice, Plans, Trial } from './plan.ts'
import type { CheckedPlans } from './planFault.ts'
import { planItemOf } from './planItemOf.ts'
import type { PlanTerms } from './planTerms.ts'
import { RegistryError } from './registryError.ts'
import { shown } from './shown.ts'
import type { Sound } from './sound.ts'

/**
 * Declares the plans of an application over its features; the id of each is its key.
 *
 * The result is frozen plain data with every default filled in. Throws a `RegistryError` on what cannot work.
 */
export function definePlans<
  const $Features extends Features,
  const $Plans extends Readonly<Record<string, PlanTerms<FeatureId<$Features>>>>,
>(features: $Features, plans: Sound<$Plans, CheckedPlans<$Features, $Plans>>): Plans<$Features, keyof $Plans & string> {
  const catalog: Record<string, Plan> = Object.create(null)
  for (const [id, terms] of entriesOf('definePlans()', plans)) {
    checkId('plan', id)
    catalog[id] = planOf(features, id, terms)
  }
  checkAutoEnabled(Object.values(catalog))
  // Each plan stands under the key that it was declared with, and each of its items was looked up in `features`.
  return deepFreeze(catalog) as Plans<$Features, keyof $Plans & string>
}

function planOf(features: Features, id: string, terms: unknown): Plan {
  const what = `plan ${shown(id)}`
  const {
    name,
    description,
    group = '',
    addOn = false,
    autoEnable = false,
    price,
    trial,
    items,
  } = checkOptions(what, terms, ['name', 'description', 'group', 'addOn', 'autoEnable', 'price', 'trial', 'items'])
  if (typeof group !== 'string') throw new RegistryError(`the group of ${what} is ${shown(group)}: give a text`)
  const planPrice = price === undefined ? null : planPriceOf(what, price)
  const plan: Plan = {
    id,
    name: checkText(`the name of ${what}`, name),
    description: description === undefined ? null : checkText(`the description of ${what}`, description),
    group,
    addOn: checkBoolean(`addOn of ${what}`, addOn),
    autoEnable: checkBoolean(`autoEnable of ${what}`, autoEnable),
    price: planPrice,
    trial: trial === undefined ? null : trialOf(what, trial),
    items: entriesOf(`items of ${what}`, items).map(([featureId, item]) =>
      planItemOf(features, { planId: id, featureId, planPrice }, item),
    ),
  }
  if (plan.autoEnable) checkFree(plan)
  return plan
}

function planPriceOf(what: string, price: unknown): PlanPrice {
  const { amount, interval } = checkOptions(`the price of ${what}`, price, ['amount', 'interval'])
  const unit = checkOneOf(`the interval of the price of ${what}`, interval, [...billingIntervalUnits, 'one_off'])
  return {
    amount: checkPositive(`the amount of the price of ${what} (a free plan has no price)`, amount),
    interval: unit === 'one_off' ? null : { unit, count: 1 },
  }
}

function trialOf(what: string, trial: unknown): Trial {
  const { length, unit, cardRequired = false } = checkOptions(`the trial of ${what}`, trial, ['length', 'unit', 'cardRequired'])
  return {
    length: checkCount(`the length of the trial of ${what}`, length),
    unit: checkOneOf(`the unit of the trial of ${what}`, unit, ['day', 'month', 'year']),
    cardRequired: checkBoolean(`cardRequired of the trial of ${what}`, cardRequired),
  }
}

function checkFree(plan: Plan): void {
  const paid = plan.items.find((item) => item.kind === 'included' && (item.prepaid !== null || item.overage?.price))
  const priced = plan.price !== null ? 'it cannot have a price' : paid && `its ${shown(paid.featureId)} cannot have a price`
  if (priced) {
    throw new RegistryError(
      `plan ${shown(plan.id)} has autoEnable, which gives it to every new customer, so ${priced}: drop one of the two`,
    )
  }
  if (plan.trial?.cardRequired) {
    throw new RegistryError(`plan ${shown(plan.id)} has autoEnable, and a new customer has no card yet: drop cardRequired from its trial`)
  }
}

function checkAutoEnabled(plans: readonly Plan[]): void {
  const holders = new Map<string, string>()
  for (const { id, group, addOn, autoEnable } of plans) {
    if (addOn || !autoEnable) continue
    const other = holders.get(group)
    if (other !== undefined) {
      const where = group === '' ? 'the group without a name' : `group ${shown(group)}`
      throw new RegistryError(
        `plans ${shown(other)} and ${shown(id)} both have autoEnable in ${where}, where a customer holds one: drop one of the two, or give them groups`,
      )
    }
    holders.set(group, id)
  }
}
