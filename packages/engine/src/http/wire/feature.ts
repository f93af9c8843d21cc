import { unitsOf } from '../../core/amount.ts'
import type { CatalogFeature } from '../../core/catalog.ts'
import { type ApiVersion, V2_0 } from '../apiVersion.ts'

/** A feature as `features.get` answers it. */
export function renderFeature(feature: CatalogFeature, version: ApiVersion): object {
  return version < V2_0 ? renderOldFeature(feature, feature.display) : newestFeature(feature)
}

export function newestFeature(feature: CatalogFeature): object {
  const { id, name, type, consumable, eventNames, archived, display } = feature
  return {
    id,
    name,
    type,
    consumable,
    event_names: eventNames,
    ...(type === 'credit_system' ? { credit_schema: creditSchema(feature) } : {}),
    ...(display ? { display } : {}),
    archived,
  }
}

/** The 1.x form; its `display` is shown as given, since lists and products differ in it. */
export function renderOldFeature(feature: CatalogFeature, display: CatalogFeature['display']): object {
  return {
    id: feature.id,
    name: feature.name,
    type: oldType(feature),
    display,
    credit_schema: feature.type === 'credit_system' ? creditSchema(feature) : null,
    archived: feature.archived,
  }
}

export function creditSchema(feature: CatalogFeature): readonly { readonly metered_feature_id: string; readonly credit_cost: number }[] {
  return feature.costs.map(({ featureId, cost }) => ({ metered_feature_id: featureId, credit_cost: unitsOf(cost) }))
}

/** The name that a feature goes by in 1.x when nobody gave it one in the singular and the plural. */
export function displayOf(feature: CatalogFeature): { readonly singular: string; readonly plural: string } {
  return feature.display ?? { singular: feature.name, plural: feature.name }
}

function oldType(feature: CatalogFeature): string {
  if (feature.type !== 'metered') return feature.type
  return feature.consumable ? 'single_use' : 'continuous_use'
}
