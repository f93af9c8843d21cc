import { expect, it } from 'vitest'
import { amountOf, unitsOf } from './amount.ts'
import { afterPaying, NOTHING_OWED, owedOf, priceOf, unitsOwed } from './owed.ts'
import { catalogOf, metered, pool } from './testing/catalogs.contract.ts'
import { TestCustomer } from './testing/testCustomer.contract.ts'

it('keeps thirds of a unit exact over several payers', () => {
  const three = amountOf(3)
  let owed = owedOf(amountOf(1))
  for (let credit = 0; credit < 2; credit++) owed = afterPaying(owed, amountOf(1), three)
  expect(unitsOf(priceOf(owed, three))).toBe(1)
  expect(unitsOf(unitsOwed(owed))).toBe(0.3333333334)
  expect(unitsOwed(NOTHING_OWED)).toBe(0n)
})

it('lets grants that together have enough pay, however their shares divide', () => {
  const c = new TestCustomer(catalogOf([metered('big'), pool('credits', { big: 3 }), pool('coins', { big: 7 })]))
  c.grant('a', 'credits', 1)
  c.grant('b', 'credits', 1)
  c.grant('c', 'coins', 7)
  // Two credits are two thirds of a unit; the last third costs seven thirds of a coin.
  expect(c.check({ big: 1.6666666666 })).toBe(true)
  expect(c.check({ big: 1.6666666667 })).toBe(false)
  c.track({ big: 1 }, { overage: 'reject' })
  expect([c.left('credits'), c.left('coins')]).toEqual([0, 4.6666666667])
})
