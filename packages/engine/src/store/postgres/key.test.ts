import fc from 'fast-check'
import { expect, it } from 'vitest'
import { idOfKey, keyOf } from './key.ts'

it('is the id itself where the id is ordinary', () => {
  for (const id of ['org_1', 'ann@example.org', 'é 👩‍🚀', ' ']) expect(keyOf(id)).toBe(id)
})

it('tells the id, and is short enough for an index where it does not', () => {
  const unit = fc.oneof(fc.constantFrom('\0', '\u001a', '#', '\ud83d', 'a'), fc.string({ unit: 'binary', maxLength: 60 }))
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
      const id = units.join('')
      const key = keyOf(id)
      expect([id, null]).toContain(idOfKey(key))
      expect(Buffer.byteLength(key)).toBeLessThan(2_000)
      expect(key.isWellFormed()).toBe(true)
      expect(key).not.toContain('\0')
    }),
  )
})

it('differs for ids that differ only far behind', () => {
  const long = 'x'.repeat(10_000)
  expect(new Set([keyOf(`${long}a`), keyOf(`${long}b`), keyOf(`${long}\0`), keyOf(`${long}\ud800`), keyOf(long)]).size).toBe(5)
  expect(keyOf(keyOf(long))).not.toBe(keyOf(long))
})
