import { boolean, creditSystem, defineFeatures, definePlans, granted, included, metered, unlimited } from '@tollgate/features'

/** What the studio meters and gates; read by the server and by the browser. */
export const features = defineFeatures({
  messages: metered({ name: 'Messages', display: { singular: 'message', plural: 'messages' } }),
  api_calls: metered({ name: 'API calls', display: { singular: 'API call', plural: 'API calls' } }),
  image_gen: metered({ name: 'Images', display: { singular: 'image', plural: 'images' } }),
  seats: metered({ name: 'Seats', consumable: false, display: { singular: 'seat', plural: 'seats' } }),
  data_export: boolean({ name: 'Data export' }),
  sso: boolean({ name: 'Single sign-on' }),
  credits: creditSystem({ api_calls: 1, image_gen: 10 }, { name: 'Credits', display: { singular: 'credit', plural: 'credits' } }),
})

/** What an organisation can hold. */
export const plans = definePlans(features, {
  free: {
    name: 'Free',
    description: 'For trying things out',
    autoEnable: true,
    items: { messages: included(20).per('month'), credits: included(100).per('month'), seats: included(3) },
  },
  pro: {
    name: 'Pro',
    description: 'For studios that ship every day',
    price: { amount: 20, interval: 'month' },
    items: {
      messages: unlimited(),
      credits: included(5_000).per('month'),
      seats: included(10),
      data_export: granted(),
      sso: granted(),
    },
  },
  credit_pack: {
    name: 'Credit pack',
    description: 'Five hundred credits that do not expire',
    addOn: true,
    price: { amount: 5, interval: 'one_off' },
    items: { credits: included(500) },
  },
})
