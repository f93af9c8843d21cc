import { defineFeatures } from './defineFeatures.ts'
import { definePlans } from './definePlans.ts'
import { boolean, creditSystem, metered } from './feature.ts'
import { granted, included, unlimited } from './itemTerms.ts'
import { toAutumnConfig } from './toAutumnConfig.ts'

// An `autumn.config.ts` as an application writes it, with one of everything.

const features = defineFeatures({
  messages: metered({ eventNames: ['message.sent'] }),
  image_gen: metered({ name: 'Images' }),
  seats: metered({ consumable: false }),
  sso: boolean({ name: 'Single sign-on' }),
  credits: creditSystem({ image_gen: 10, messages: 0.5 }),
})

const plans = definePlans(features, {
  free: {
    name: 'Free',
    autoEnable: true,
    items: { messages: included(20).per('month').rollover({ months: 1 }), image_gen: included(5).per('day', 7), credits: included(100) },
  },
  pro: {
    name: 'Pro',
    description: 'For one',
    group: 'main',
    price: { amount: 20, interval: 'month' },
    trial: { length: 14, unit: 'day' },
    items: {
      messages: unlimited(),
      seats: included(3).overage({ price: 5 }),
      sso: granted(),
      credits: included(5_000)
        .per('month')
        .rollover({ months: 3, max: 500 })
        .prepaid({ price: 10, billingUnits: 1_000 })
        .overage({ price: 1, billingUnits: 100, max: 10_000 }),
    },
  },
  team: { name: 'Team', price: { amount: 200, interval: 'year' }, items: { messages: included(1_000).per('month').perEntity('seats') } },
  pack: { name: 'Credit pack', addOn: true, price: { amount: 5, interval: 'one_off' }, items: { credits: included(500) } },
})

export default toAutumnConfig(features, plans)
