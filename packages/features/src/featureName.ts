import type { Features } from './feature.ts'

/** The name of a feature for people; a feature without one is called by its id: `image_gen` is Image Gen. */
export function featureName(features: Features, featureId: string): string {
  return (Object.hasOwn(features, featureId) ? features[featureId]?.name : undefined) ?? titleOf(featureId)
}

function titleOf(id: string): string {
  return id
    .split(/[_-]+/)
    .filter((word) => word !== '')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
}
