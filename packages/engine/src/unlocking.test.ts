import { expect, it } from 'vitest'
import { amountOf } from './core/amount.ts'
import { catalogOf, flag, item, metered, plan } from './core/testing/catalogs.contract.ts'
import { TestCustomer } from './core/testing/testCustomer.contract.ts'
import { unlockingPlans } from './unlocking.ts'

it('names the plans with which a refused use would be allowed, and changes nothing', () => {
  const c = new TestCustomer(
    catalogOf(
      [metered('messages'), flag('sso')],
      [
        plan('free', [item('messages', 1)], { autoEnable: true }),
        plan('small', [item('messages', 5)]),
        plan('large', [item('messages', 50), item('sso', 'granted')]),
        plan('old', [item('messages', 50)], { archived: true }),
        plan('extra', [item('messages', 5)], { addOn: true, group: 'extras' }),
      ],
    ),
  )
  const before = c.state
  const unlocking = (featureId: string, units: number) =>
    unlockingPlans(c.catalog, c.state, [{ featureId, units: amountOf(units) }], { entityId: null }, c.now).map((each) => each.planId)
  expect(unlocking('messages', 5)).toEqual(['small', 'large', 'extra'])
  // An add-on comes on top of what the customer has.
  expect(unlocking('messages', 6)).toEqual(['large', 'extra'])
  expect(unlocking('messages', 100)).toEqual([])
  expect(unlocking('sso', 1)).toEqual(['large'])
  expect(c.state).toBe(before)
})
