import { describe, expect, it } from 'vitest'
import { access, balance } from './access.fixture.ts'
import { newestAccess } from './newestAccess.ts'

const held = access([balance('messages', 5)], { version: 7, at: 1_000 })

describe('the newest access', () => {
  it.each([
    ['a higher version', { version: 8, at: 900 }],
    ['the same version, read later: a reset needs no change', { version: 7, at: 1_001 }],
    ["another customer's", { customerId: 'globex', version: 1, at: 0 }],
    ["an entity's", { entityId: 'seat_1', version: 1, at: 0 }],
    ['a lower version, read much later: the store began anew', { version: 1, at: 31_001 }],
  ])('is what came, with %s', (_case, fields) => {
    const next = access([balance('messages', 4)], fields)
    expect(newestAccess(held, next)).toEqual(next)
  })

  it.each([
    ['a lower version', { version: 6, at: 1_100 }],
    ['the same version, read earlier', { version: 7, at: 999 }],
  ])('is what is held, with %s', (_case, fields) => {
    expect(newestAccess(held, access([balance('messages', 6)], fields))).toBe(held)
  })

  it('is what came when nothing is held', () => {
    expect(newestAccess(undefined, held)).toBe(held)
  })

  it('shares what did not change with what was held', () => {
    const both = access([balance('messages', 5), balance('credits', 100)], { version: 7 })
    const next = newestAccess(both, access([balance('messages', 4), balance('credits', 100)], { version: 8 }))
    expect(next.features['credits']).toBe(both.features['credits'])
    expect(next.features['messages']).not.toBe(both.features['messages'])
  })
})
