import { describe, expect, it } from 'vitest'
import { access, balance, features } from './access.fixture.ts'
import { afterSpending } from './afterSpending.ts'

describe('an access after spending', () => {
  it('holds what the balances pay, in their order', () => {
    const before = access([balance('image_gen', 3), balance('credits', 100)])
    const after = afterSpending(features, before, [{ featureId: 'image_gen', units: 5 }])
    expect(after.features['image_gen']).toMatchObject({ remaining: 0, held: 3 })
    expect(after.features['credits']).toMatchObject({ remaining: 80, held: 20 })
    expect(before.features['credits']).toMatchObject({ remaining: 100, held: 0 })
  })

  it('has no noise of doubles', () => {
    const after = afterSpending(features, access([balance('messages', 0.3)]), [{ featureId: 'messages', units: 0.1 }])
    expect(after.features['messages']).toMatchObject({ remaining: 0.2, held: 0.1 })
  })

  it('is the same after what cannot be paid', () => {
    const before = access([balance('messages', 1)])
    expect(afterSpending(features, before, [{ featureId: 'messages', units: 2 }])).toEqual(before)
  })
})
