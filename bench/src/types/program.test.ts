import { expect, it } from 'vitest'
import { buildDeclarations, withPrograms } from './compiler.ts'
import { programOf } from './program.ts'

const application = { procedures: 300, perRouter: 20 }

it('checks 300 metered procedures over 200 features with at most a tenth more instantiations than the same router unmetered', async () => {
  await buildDeclarations()
  const programs = {
    bare: programOf('bare', { ...application, features: 200 }),
    metered: programOf('metered', { ...application, features: 200 }),
  }
  await withPrograms(programs, async ({ bare, metered }) => {
    // The compiler's own number of checkers, whatever the machine: what they work out, and work out twice, is the same at every run.
    const args = ['--checkers', '4']
    const ratio = (await metered.check(args)).instantiations / (await bare.check(args)).instantiations
    expect(ratio).toBeLessThanOrEqual(1.1)
    // Guards the test itself: a program that was not checked would be cheap.
    expect(ratio).toBeGreaterThan(1)
  })
})
