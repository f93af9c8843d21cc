import { afterEach, describe, expect, it, vi } from 'vitest'
import { createOperationId } from './operationId.ts'

describe('an operation id', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('is made in a page without TLS too', () => {
    const { getRandomValues } = crypto
    vi.stubGlobal('crypto', { getRandomValues: getRandomValues.bind(crypto) })
    expect(crypto.randomUUID).toBeUndefined()
    const ids = Array.from({ length: 100 }, createOperationId)
    expect(new Set(ids).size).toBe(100)
    for (const id of ids) expect(id).toMatch(/^[\da-f]{32}$/)
  })

  it('is a UUID elsewhere', () => {
    expect(createOperationId()).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  })
})
