import { expect, it } from 'vitest'
import { BRIEF_SECTIONS } from '../../inputs.ts'
import { writeBrief } from './writeBrief.ts'

const text =
  'In 2019 the town of Merrow bought the tower for one euro. A study by the University of Aldmouth says it pays. Merrow agrees, and so does the University of Aldmouth.'

it('has as many sections as a call may cost', () => {
  expect([...writeBrief(text)].map(({ heading }) => heading)).toHaveLength(BRIEF_SECTIONS)
  expect([...writeBrief('Nothing much is said here, and nothing is counted.')]).toHaveLength(BRIEF_SECTIONS)
})

it('tells names whole, and figures', () => {
  const sections = new Map([...writeBrief(text)].map(({ heading, body }) => [heading, body]))
  expect(sections.get('Names and terms')).toContain('- **University of Aldmouth**')
  expect(sections.get('Names and terms')).not.toContain('- **University**')
  expect(sections.get('Figures')).toContain('2019')
})

it('works out no section before it is asked for', () => {
  const brief = writeBrief(text, AbortSignal.abort())
  expect(() => brief.next()).toThrow(/abort/i)
})
