import { defineFeatures, definePlans, included, metered } from '@tollgate/features'

/** `messages` never run out here; of `scarce` everybody has ten. */
export const features = defineFeatures({ messages: metered(), scarce: metered() })

export const SCARCE = 10

export const plans = definePlans(features, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(1_000_000_000), scarce: included(SCARCE) } },
})

export const KEY = 'am_sk_test_bench'
