import { creditSystem, defineFeatures, definePlans, included, metered } from '@tollgate/features'

/** What the busy process meters: more than it can use up. */
export const busyFeatures = defineFeatures({ messages: metered(), images: metered(), credits: creditSystem({ images: 10 }) })

export const busyPlans = definePlans(busyFeatures, {
  free: { name: 'Free', autoEnable: true, items: { messages: included(1e12).per('month'), credits: included(1e12).per('month') } },
})
