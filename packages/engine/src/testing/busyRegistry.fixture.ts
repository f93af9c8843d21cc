import { creditSystem, defineFeatures, definePlans, included, metered } from '@tollgate/features'

/** What busy processes meter: messages and images, of which there are more than they can use up, and what several rush for. */
export const busyFeatures = defineFeatures({
  messages: metered(),
  images: metered(),
  rushed: metered(),
  credits: creditSystem({ images: 10 }),
})

/** How much there is to rush for. */
export const RUSHED = 10

export const busyPlans = definePlans(busyFeatures, {
  free: {
    name: 'Free',
    autoEnable: true,
    items: { messages: included(1e12).per('month'), credits: included(1e12).per('month'), rushed: included(RUSHED).per('month') },
  },
})
