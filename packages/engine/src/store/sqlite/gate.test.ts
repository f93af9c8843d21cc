import { expect, it } from 'vitest'
import { createGate } from './gate.ts'

it('lets batches through at once while nothing holds them up', () => {
  const gate = createGate(() => undefined)
  expect(gate(() => 'through')).toBe('through')
})

it('keeps those that come later behind one that is held up, and asks anew for each', async () => {
  const holds = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const asked: (Promise<void> | undefined)[] = [holds[0]?.promise, undefined, holds[1]?.promise]
  const gate = createGate(() => asked.shift())
  const log: string[] = []
  const passing = ['first', 'second', 'third'].map((name) => gate(() => void log.push(name)))
  expect(log).toEqual([])
  holds[0]?.resolve()
  await Promise.all(passing.slice(0, 2))
  expect(log).toEqual(['first', 'second'])
  holds[1]?.resolve()
  await passing[2]
  expect(log).toEqual(['first', 'second', 'third'])
  expect(gate(() => 'at once')).toBe('at once')
})
