import fc from 'fast-check'
import { expect, it } from 'vitest'
import { counting } from '../contract/works.fixture.ts'
import type { Resident } from './resident.ts'
import { createResidents } from './residents.ts'

function resident(number: number, seq = 1, savedSeq = 0): Resident {
  const id = `customer ${number}`
  const { state } = counting(id)(null, null)
  if (state === null) throw new Error('the first run creates the customer')
  return { id, number, state: { ...state, seq }, savedSeq }
}

it('keeps those that were used last, and everyone who is not saved', () => {
  const uses = fc.array(fc.record({ number: fc.nat(30), saved: fc.boolean() }), { maxLength: 200 })
  fc.assert(
    fc.property(uses, fc.integer({ min: 1, max: 12 }), (all, limit) => {
      const residents = createResidents(limit)
      const unsaved = new Set<number>()
      const used: number[] = []
      let added = 0
      for (const { number, saved } of all) {
        const known = residents.get(`customer ${number}`)
        if (known === undefined) {
          residents.add(resident(number, 1, saved ? 1 : 0))
          added += 1
          if (!saved) unsaved.add(number)
        }
        used.push(number)
        const lastUsed = [...new Set(used.toReversed())].slice(0, Math.ceil(limit / 2))
        for (const each of [...lastUsed, ...unsaved]) expect(residents.peek(`customer ${each}`)?.number).toBe(each)
      }
      expect(residents.unsaved().map(({ number }) => number)).toEqual([...unsaved].sort((a, b) => a - b))
      const inMemory = Array.from({ length: 31 }, (_, number) => residents.peek(`customer ${number}`)).filter((each) => each !== undefined)
      expect(inMemory.length).toBeLessThanOrEqual(unsaved.size + Math.min(added, 2 * limit + 4))
    }),
  )
})

it('lets go of those who waited to be saved', () => {
  const residents = createResidents(2)
  for (let number = 1; number <= 9; number++) residents.add(resident(number))
  const due = residents.takeDue()
  expect(due.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7])
  for (const each of due) {
    each.savedSeq = 1
    residents.release(each)
  }
  expect(residents.takeDue()).toEqual([])
  expect([1, 7, 8, 9].map((number) => residents.peek(`customer ${number}`)?.number)).toEqual([undefined, undefined, 8, 9])
})

it('has a state saved anew after many entries, once', () => {
  const residents = createResidents(100)
  const busy = resident(1, 63)
  residents.add(busy)
  residents.changed(busy)
  expect(residents.takeDue()).toEqual([])
  busy.state = { ...busy.state, seq: 64 }
  residents.changed(busy)
  residents.changed(busy)
  expect(residents.takeDue()).toEqual([busy])
  expect(residents.takeDue()).toEqual([])
})
