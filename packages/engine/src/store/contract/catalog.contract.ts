import { describe, expect, it } from 'vitest'
import { createCatalog } from '../../core/catalog.ts'
import type { UnderTest } from './underTest.fixture.ts'

const FEATURE = {
  id: 'messages',
  name: 'Messages',
  type: 'metered',
  consumable: true,
  eventNames: ['sent'],
  costs: [{ featureId: 'messages', cost: 12_345_678_901_234_567_890n }],
  display: null,
  archived: false,
} as const

/** Saving the catalog. */
export function describeCatalog(under: UnderTest): void {
  describe('the catalog', () => {
    it('is saved only over the version that was expected', async () => {
      const first = createCatalog(1, [FEATURE], [])
      const second = createCatalog(2, [FEATURE, { ...FEATURE, id: 'other' }], [])
      expect(await under.store.saveCatalog(first, 0)).toBe(true)
      expect(await under.store.saveCatalog(second, 0)).toBe(false)
      expect(await under.store.saveCatalog(second, 2)).toBe(false)
      expect(await under.store.catalog()).toEqual(first)
      expect(await under.store.saveCatalog(second, 1)).toBe(true)
      await under.nowAndAfterReopening(async () => expect(await under.store.catalog()).toEqual(second))
    })

    it('is saved by exactly one of those who are faster than each other', async () => {
      await under.store.saveCatalog(createCatalog(1, [], []), 0)
      const saves = Array.from({ length: 8 }, () => under.store.saveCatalog(createCatalog(2, [FEATURE], []), 1))
      expect((await Promise.all(saves)).filter(Boolean)).toHaveLength(1)
    })
  })
}
