import { expect, it } from 'vitest'
import { defineFeatures } from './defineFeatures.ts'
import { boolean, creditSystem, metered } from './feature.ts'
import { poolsOf } from './pools.ts'

const features = defineFeatures({
  wallet: creditSystem({ images: 0.2 }),
  images: metered(),
  messages: metered(),
  sso: boolean(),
  credits: creditSystem({ messages: 1, images: 10 }),
})

it('finds the pools that pay for a feature, in the order of the registry', () => {
  expect(poolsOf(features, 'images')).toEqual([
    { poolId: 'wallet', cost: 0.2 },
    { poolId: 'credits', cost: 10 },
  ])
  expect(poolsOf(features, 'messages')).toEqual([{ poolId: 'credits', cost: 1 }])
})

it('finds none for what no pool lists', () => {
  for (const id of ['sso', 'credits', 'toString'] as const) expect(poolsOf(features, id as 'sso')).toEqual([])
})
