import { describe, expect, it } from 'vitest'
import { access, balance, features } from './access.fixture.ts'
import { gateStateOf } from './gateState.ts'

const metered = { kind: 'metered', costs: [] } as const

describe('the state of a gate', () => {
  it('pays all features of a call together: what one takes from a pool, the next cannot', () => {
    const costs = [
      { featureId: 'image_gen', units: 5 },
      { featureId: 'video_gen', units: 2 },
    ]
    expect(gateStateOf(features, access([balance('credits', 100)]), metered, costs)).toMatchObject({
      allowed: true,
      featureId: 'image_gen',
      required: 50,
    })
    expect(gateStateOf(features, access([balance('credits', 99)]), metered, costs)).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
      featureId: 'video_gen',
      poolId: 'credits',
      required: 50,
      remaining: 49,
    })
  })

  it('of a gated procedure is that of its feature', () => {
    const gated = { kind: 'gated', featureId: 'sso' } as const
    expect(gateStateOf(features, access([]), gated, [])).toMatchObject({
      allowed: false,
      reason: 'feature_not_in_plan',
      featureId: 'sso',
      costs: [],
    })
    expect(gateStateOf(features, access([{ featureId: 'sso', type: 'boolean', granted: true }]), gated, [])).toMatchObject({
      allowed: true,
    })
  })

  it('of any other procedure is open, and costs nothing', () => {
    expect(gateStateOf(features, access([]), undefined, [])).toMatchObject({ allowed: true, featureId: null, costs: [] })
  })
})
