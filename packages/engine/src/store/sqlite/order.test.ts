import fc from 'fast-check'
import { expect, it } from 'vitest'
import { orderOf } from './order.ts'

const placesOf = (numbers: readonly number[]): readonly number[] =>
  [...numbers.keys()].sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0))

it('sorts numbers, and leaves equal ones in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(9), fc.nat(2 ** 31))), (numbers) => {
      expect([...orderOf(Float64Array.from(numbers))]).toEqual(placesOf(numbers))
    }),
  )
})

it('tells every place once, and sorts as far as it can tell, where numbers take up all the bits', () => {
  const numbers = fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }).map(Number)
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 200 }), (all) => {
      const order = orderOf(Float64Array.from(all))
      expect([...order].sort((a, b) => a - b)).toEqual([...all.keys()])
      const sorted = [...order].map((place) => all[place] ?? 0)
      for (const [rank, number] of sorted.entries()) expect(number).toBeGreaterThan((sorted[rank - 1] ?? 0) - 2 ** 8)
    }),
  )
})
