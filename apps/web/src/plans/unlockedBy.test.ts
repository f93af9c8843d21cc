import { describe, expect, it } from 'vitest'
import { termsOf } from './planTerms.ts'
import { unlockedBy } from './unlockedBy.ts'

describe('the plan that unlocks a call', () => {
  it('is one that the customer does not hold and that has enough', () => {
    expect(unlockedBy('image_gen', 4, ['free'])).toBe('pro')
    expect(unlockedBy('image_gen', 4, ['pro'])).toBe('free')
    expect(unlockedBy('sso', 1, ['free'])).toBe('pro')
  })

  it('is none where no plan has enough', () => {
    expect(unlockedBy('image_gen', 501, ['free'])).toBeNull()
    expect(unlockedBy('seats', 11, ['free'])).toBeNull()
  })
})

describe('the terms of a plan', () => {
  it('are told from the registry', () => {
    expect(termsOf('free', 'messages')).toBe('20 per month')
    expect(termsOf('pro', 'messages')).toBe('Unlimited')
    expect(termsOf('pro', 'image_gen')).toBe('10 credits each')
    expect(termsOf('pro', 'api_calls')).toBe('1 credit each')
    expect(termsOf('free', 'sso')).toBeNull()
  })
})
