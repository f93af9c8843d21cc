import { expect, it } from 'vitest'
import { amountOf } from './amount.ts'
import type { Command } from './command.ts'
import { InvalidCommandError } from './invalidCommand.ts'
import { catalogOf, metered, plan } from './testing/catalogs.contract.ts'
import { TestCustomer } from './testing/testCustomer.contract.ts'

const HOUR = 3_600_000
const one = amountOf(1)
const balance = { featureId: 'messages', entityId: null, balanceId: null } as const
const create = {
  kind: 'create_balance',
  ...balance,
  included: one,
  unlimited: false,
  interval: null,
  nextResetAt: null,
  expiresAt: null,
  rollover: null,
} as const
const update = { kind: 'update_balance', ...balance, interval: null } as const
const reserve = (c: TestCustomer, more: object): Command =>
  ({
    ...{ kind: 'reserve', holdId: 'h', operation: null, items: [{ featureId: 'messages', units: one }] },
    ...{ entityId: null, overage: 'reject', expiresAt: c.now + HOUR, properties: null },
    ...more,
  }) as Command

it.each<[string, (c: TestCustomer) => Command]>([
  [
    'a hold that both takes and gives back',
    (c) =>
      reserve(c, {
        items: [
          { featureId: 'messages', units: one },
          { featureId: 'messages', units: -one },
        ],
      }),
  ],
  ['a hold for more than a day', (c) => reserve(c, { expiresAt: c.now + 24 * HOUR + 1 })],
  ['a hold for more than a day from now', (c) => reserve(c, { expiresAt: { afterMs: 24 * HOUR + 1 } })],
  ['a hold without an end', (c) => reserve(c, { expiresAt: Number.NaN })],
  ['a hold that never was', (c) => reserve(c, { expiresAt: Number.NEGATIVE_INFINITY })],
  [
    'a use at no instant',
    () => ({
      ...{ kind: 'track', items: [{ featureId: 'messages', units: one }], entityId: null, overage: 'cap' },
      ...{ eventName: null, properties: null, timestamp: Number.NaN },
    }),
  ],
  ['a clock moved by nothing known', () => ({ kind: 'move_clock', offsetMs: Number.NaN })],
  ['a trial of no length', () => ({ kind: 'attach', planId: 'p', entityId: null, quantities: [], trial: { length: 0, unit: 'day' } })],
  ['a cycle of no length', () => ({ ...create, interval: { unit: 'day', count: 0 } })],
  ['a negative grant', () => ({ ...create, included: -one })],
  ['a grant that ends at no instant', () => ({ ...create, expiresAt: Number.POSITIVE_INFINITY })],
  ['a negative balance', () => ({ ...update, remaining: -one })],
  ['a balance set in two ways', () => ({ ...update, remaining: one, used: one })],
])('%s is a mistake, and changes nothing', (_, command) => {
  const c = new TestCustomer(catalogOf([metered('messages')], [plan('p', [])]))
  c.grant('g', 'messages', 10)
  const before = c.state
  expect(() => c.run(command(c))).toThrow(InvalidCommandError)
  expect(c.state).toBe(before)
})

it('a hold of a whole day is none', () => {
  const c = new TestCustomer(catalogOf([metered('messages')]))
  c.grant('g', 'messages', 10)
  expect(c.reserve('h', { messages: 1 }, { ttlMs: 24 * HOUR }).ok).toBe(true)
  expect(c.run(reserve(c, { holdId: 'i', expiresAt: { afterMs: HOUR } }))).toMatchObject({ hold: { expiresAt: c.now + HOUR } })
})
