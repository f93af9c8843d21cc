import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createOperationNotes } from './operationNotes.ts'

it('finds each id where it was noted last, also when ids share a hash', () => {
  const steps = fc.array(fc.record({ id: fc.nat(6_000), position: fc.nat() }), { maxLength: 300 })
  fc.assert(
    fc.property(steps, fc.constantFrom(1, 7, 4_099), (drawn, hashes) => {
      const notes = createOperationNotes()
      const model = new Map<string, number>()
      // Enough of them that the table grows.
      const all = [...Array.from({ length: 3_000 / (hashes < 10 ? 30 : 1) }, (_, id) => ({ id, position: id })), ...drawn]
      for (const { id, position } of all) {
        notes.set(`${id}`, id % hashes, position)
        model.set(`${id}`, position)
      }
      for (const [id, position] of model) expect(notes.positionOf(id, Number(id) % hashes)).toBe(position)
      expect(notes.positionOf('nobody', 0)).toBeNull()
      expect(notes.length).toBe(model.size)
      const rows = [...notes.inOrder()].map((place) => notes.rowAt(place))
      expect(rows.map(([hash]) => hash)).toEqual(rows.map(([hash]) => hash).sort((a, b) => a - b))
      expect(rows.map(([, position]) => position).sort((a, b) => a - b)).toEqual([...model.values()].sort((a, b) => a - b))
    }),
    { numRuns: 20 },
  )
})
