import { expectTypeOf } from 'vitest'
import type { BalanceAccess, CustomerAccess, FeatureAccess } from './access.ts'
import { affords } from './affords.ts'
import { defineFeatures } from './defineFeatures.ts'
import { boolean, creditSystem, type Features, metered } from './feature.ts'

const features = defineFeatures({ images: metered(), sso: boolean(), credits: creditSystem({ images: 10 }) })
declare const access: CustomerAccess<keyof typeof features>
declare const anyFeatures: Features

// What is known of one application is known of any.
expectTypeOf<CustomerAccess<'images'>>().toExtend<CustomerAccess>()
// A feature may be missing, and has its own id.
expectTypeOf(access.features.images).toEqualTypeOf<FeatureAccess<'images'> | undefined>()
if (access.features.images?.type === 'metered') expectTypeOf(access.features.images).toEqualTypeOf<BalanceAccess<'images'>>()

// Answers speak in the ids of the registry.
const answer = affords(features, access, 'images', 4)
expectTypeOf(answer.poolId).toEqualTypeOf<'images' | 'sso' | 'credits' | null>()
expectTypeOf(answer.unitsLeft).toEqualTypeOf<number | 'unlimited'>()
if (!answer.allowed) {
  expectTypeOf(answer.reason).toEqualTypeOf<'feature_not_in_plan' | 'limit_reached' | 'usage_limit_reached'>()
  expectTypeOf(answer.unitsLeft).toEqualTypeOf<number>()
}
affords(anyFeatures, access, 'anything')
// @ts-expect-error there is no such feature
affords(features, access, 'nope')
