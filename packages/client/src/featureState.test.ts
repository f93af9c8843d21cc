import { describe, expect, it } from 'vitest'
import { access, balance, features } from './access.fixture.ts'
import { featureStateOf } from './featureState.ts'

describe('the state of a feature', () => {
  it('adds its own balance and the pools that pay for it', () => {
    const state = featureStateOf(
      features,
      access([balance('image_gen', 3, { used: 2, granted: 5 }), balance('credits', 100)]),
      'image_gen',
      4,
    )
    expect(state).toMatchObject({ allowed: true, balance: 13, unitsLeft: 13, granted: 5, used: 2, unlimited: false })
    expect(state.pool).toEqual({ poolId: 'credits', cost: 10, balance: 100, unitsLeft: 10 })
  })

  it('names no pool while its own balance pays', () => {
    const state = featureStateOf(features, access([balance('image_gen', 3), balance('credits', 100)]), 'image_gen', 3)
    expect(state).toMatchObject({ allowed: true, pool: null, poolId: 'image_gen', required: 3, remaining: 3 })
  })

  it('tells units that may be used beyond the balance apart from the balance', () => {
    const state = featureStateOf(features, access([balance('messages', 2, { overageLeft: 'unlimited' })]), 'messages', 5)
    expect(state).toMatchObject({ allowed: true, balance: 2, unitsLeft: 'unlimited', unlimited: false })
  })

  it('is unlimited when a balance is', () => {
    const state = featureStateOf(features, access([balance('messages', 0, { unlimited: true })]), 'messages', 1_000)
    expect(state).toMatchObject({ allowed: true, balance: 'unlimited', unlimited: true })
  })

  it('says when what is short comes back', () => {
    const state = featureStateOf(features, access([balance('credits', 15, { resetsAt: 99 })]), 'image_gen', 2)
    expect(state).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
      poolId: 'credits',
      required: 20,
      remaining: 15,
      resetsAt: 99,
      balance: 1.5,
    })
  })

  it('says that a feature is in no plan', () => {
    expect(featureStateOf(features, access([]), 'messages')).toMatchObject({
      allowed: false,
      reason: 'feature_not_in_plan',
      type: 'metered',
      balance: 0,
      granted: 0,
      pool: null,
    })
  })

  it('is only allowed or not for a boolean feature', () => {
    expect(featureStateOf(features, access([{ featureId: 'sso', type: 'boolean', granted: true }]), 'sso')).toMatchObject({
      type: 'boolean',
      allowed: true,
      reason: null,
    })
    expect(featureStateOf(features, access([]), 'sso')).toMatchObject({ type: 'boolean', allowed: false, reason: 'feature_not_in_plan' })
    expect(featureStateOf(features, access([]), 'sso')).not.toHaveProperty('balance')
  })

  it('of a pool is counted in its own units', () => {
    expect(featureStateOf(features, access([balance('credits', 40)]), 'credits', 41)).toMatchObject({
      type: 'credit_system',
      allowed: false,
      balance: 40,
      pool: null,
    })
  })

  it('throws at what is no number of units', () => {
    expect(() => featureStateOf(features, access([]), 'messages', Number.NaN)).toThrow('affords() was asked for NaN units')
  })
})
