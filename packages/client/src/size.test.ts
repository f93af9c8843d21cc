import { describe, expect, it } from 'vitest'
import { zippedBytesOf } from './bundle.fixture.ts'

const KILOBYTE = 1_024

describe('what a page loads, zipped, beyond React, TanStack Query and tRPC', () => {
  it.each([
    ['the whole entry, the registry’s arithmetic included', './index.ts', 4 * KILOBYTE],
    ['the links', './links.ts', 3 * KILOBYTE],
  ])('is small: %s', async (_case, file, limit) => {
    const bytes = await zippedBytesOf(`export * from '${file}'`)
    expect(bytes).toBeLessThanOrEqual(limit)
    // A module that was not found would be small.
    expect(bytes).toBeGreaterThan(KILOBYTE)
  })

  it.each([
    ['denialOf', './index.ts', 250],
    ['mayRetry', './index.ts', 400],
    ['operationLink', './links.ts', 800],
    ['featureStateOf', './index.ts', 2 * KILOBYTE],
  ])('is no more than what it uses: %s', async (name, file, limit) => {
    const bytes = await zippedBytesOf(`export { ${name} } from '${file}'`)
    expect(bytes).toBeLessThanOrEqual(limit)
    expect(bytes).toBeGreaterThan(50)
  })
})
