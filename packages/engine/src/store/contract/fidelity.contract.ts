import { expect, it } from 'vitest'
import type { CustomerState } from '../../core/customer.ts'
import { applyEntry } from '../../core/evolve.ts'
import type { UnderTest } from './underTest.fixture.ts'
import { counting, created, granted, operation, used, writing } from './works.fixture.ts'

/** What was written is what is read, however odd. */
export function describeFidelity(under: UnderTest): void {
  it.each(HOSTILE_IDS)('keeps apart ids that are hostile: %s', async (_, id, neighbour) => {
    const batch = [id, neighbour].map((each) => {
      const named = { operation: operation(each, each, { fingerprint: each, result: each }) }
      return writing(each, [created(each, each), granted(5n)], named).work
    })
    await under.store.transact(batch)
    await under.store.transact([writing(id, [used(1n)]).work])
    await under.nowAndAfterReopening(async () => {
      for (const each of [id, neighbour]) {
        expect(await under.store.customer(each)).toMatchObject({ id: each, name: each, seq: each === id ? 2 : 1 })
        expect(await under.store.operation(each)).toMatchObject({ id: each, customerId: each, fingerprint: each, result: each })
        const { items } = await under.store.entries({ customerId: each, order: 'oldest', limit: 10 })
        expect(items).toHaveLength(each === id ? 2 : 1)
        expect(items[0]).toMatchObject({ customerId: each, operationId: each })
      }
      expect((await under.store.customers({ limit: 10 })).items.map((each) => each.id)).toEqual([neighbour, id])
      expect(await under.store.totals()).toEqual({ customers: 2, entries: 3 })
    })
  })

  it('keeps amounts exact, however large or fine', async () => {
    const amounts = [1n, -1n, 2n ** 63n, -(2n ** 64n) - 1n, 10n ** 40n + 1n, 9_007_199_254_740_993n]
    for (const amount of amounts)
      await under.store.transact([writing(`c${amount}`, [created(`c${amount}`), granted(amount), used(amount)]).work])
    await under.nowAndAfterReopening(async () => {
      for (const amount of amounts) {
        const state = await under.store.customer(`c${amount}`)
        expect(state?.grants[0]).toMatchObject({ granted: amount, used: amount })
        const entry = await under.store.entry(`c${amount}`, 1)
        expect(entry && applyEntry(null, entry)).toEqual(state)
      }
    })
  })

  it('answers states that equal the fold of their entries', async () => {
    const steps = [[created('ann'), granted(50n)], [used(3n)], [{ kind: 'clock_moved', offsetMs: 1_000 }], [used(4n)]] as const
    for (const step of steps) await under.store.transact([writing('ann', step).work])
    await under.nowAndAfterReopening(async () => {
      const { items } = await under.store.entries({ customerId: 'ann', order: 'oldest', limit: 10 })
      expect(items.reduce<CustomerState | null>(applyEntry, null)).toEqual(await under.store.customer('ann'))
    })
  })

  it('forgets nothing over many openings', async ({ skip }) => {
    skip(under.forgetful !== undefined, under.forgetful)
    for (let round = 1; round <= 4; round++) {
      await under.store.transact([{ customerId: 'ann', operationId: null, run: counting('ann') }])
      await under.reopen()
      expect((await under.store.customer('ann'))?.seq).toBe(round)
    }
  })
}

/** Each beside a neighbour that a careless store would take for the same. */
const HOSTILE_IDS: readonly (readonly [string, string, string])[] = [
  ['quotes', `a'b"c\`; DROP TABLE customers; --`, `a''b"c\`; DROP TABLE customers; --`],
  ['a NUL', 'a\0b', 'a\0c'],
  ['only a NUL', '\0', '\0\0'],
  ['a backslash', 'a\\0b', 'a\\\\0b'],
  ['accents composed and not', 'é', 'e\u0301'],
  ['emoji', '👩‍🚀', '👨‍🚀'],
  ['halves of a surrogate pair', '\ud800', '\ud801'],
  ['__proto__', '__proto__', 'constructor'],
  ['case', 'Ann', 'ann'],
  ['spaces', 'ann', 'ann '],
  ['numbers', '1', '01'],
  ['10,000 characters', `${'x'.repeat(9_999)}a`, `${'x'.repeat(9_999)}b`],
  ['10,000 varied characters', varied(1), varied(2)],
]

/** Ten thousand characters that no compression makes short. */
function varied(seed: number): string {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state
  }
  return Array.from({ length: 10_000 }, () => String.fromCodePoint(0x4e00 + (next() % 20_000))).join('')
}
