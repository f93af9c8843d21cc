import fc from 'fast-check'
import { expect, it } from 'vitest'
import { givenText, storedText } from './storedText.ts'

it('keeps ordinary text as it is', () => {
  for (const text of ['', 'org_1', 'a\\0b', 'é 👩‍🚀', '"\'`\n']) expect(storedText(text)).toBe(text)
})

it('writes only what databases keep, and reads it back', () => {
  const unit = fc.oneof(fc.constantFrom('\0', '\u001a', '\ud83d', '\ude80', '0', '001a'), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const text = units.join('')
      const stored = storedText(text)
      expect(stored.isWellFormed()).toBe(true)
      expect(stored).not.toContain('\0')
      expect(givenText(stored)).toBe(text)
    }),
  )
})
