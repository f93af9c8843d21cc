import { expect, it } from 'vitest'

it('runs on the Node that the workspace brings', () => {
  expect(process.version).toBe('v24.21.0')
})
