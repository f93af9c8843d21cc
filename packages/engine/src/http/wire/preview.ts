import type { CatalogPlan } from '../../core/catalog.ts'
import { sortedPlans } from './plan.ts'
import { renderProduct } from './product.ts'
import type { View } from './view.ts'

/** What a customer who was refused could take: the plans that have the feature, main plans before add-ons. */
export function renderPreview(view: View, featureId: string): object {
  const feature = view.catalog.features.get(featureId)
  const name = feature?.name ?? featureId
  const plans = offers(view, featureId)
  const main = plans.find((plan) => !plan.addOn)
  const addOn = plans.find((plan) => plan.addOn)
  const first = main ?? addOn
  const isFlag = feature?.type === 'boolean'
  return {
    title: titleOf(main, addOn),
    message: isFlag
      ? `Your current plan does not include the ${name} feature.${invitation(main, addOn)}`
      : `You have reached the usage limit for ${featureId}.${invitation(main, addOn)}`,
    scenario: isFlag ? 'feature_flag' : 'usage_limit',
    feature_id: featureId,
    feature_name: name,
    products: plans.map((plan) => ({
      ...renderProduct(view.catalog, plan, view.env, { featureNames: 'always', firstItemSaysHowOften: true }),
      scenario: 'new',
    })),
    ...(first ? { upgrade_product_id: first.id } : {}),
  }
}

function offers(view: View, featureId: string): readonly CatalogPlan[] {
  const { subscriptions } = view.customer
  const isHeld = (plan: CatalogPlan): boolean => !plan.addOn && subscriptions.some((each) => each.planId === plan.id)
  const found = sortedPlans(view.catalog.plans.values()).filter(
    (plan) => !plan.archived && !isHeld(plan) && plan.items.some((item) => item.featureId === featureId),
  )
  return [...found.filter((plan) => !plan.addOn), ...found.filter((plan) => plan.addOn)]
}

function titleOf(main: CatalogPlan | undefined, addOn: CatalogPlan | undefined): string {
  if (main) return `Upgrade to ${main.name}`
  return addOn ? `Purchase ${addOn.name}` : 'Feature unavailable'
}

function invitation(main: CatalogPlan | undefined, addOn: CatalogPlan | undefined): string {
  const upgrade = main ? ` Please upgrade to ${main.name} to use this feature.` : ''
  if (!addOn) return upgrade
  return `${upgrade} ${main ? 'Alternatively, you' : 'You'} can purchase the ${addOn.name} add-on.`
}
