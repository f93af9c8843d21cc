import type { CustomerAccess } from '@tollgate/features'
import { describe, expect, it } from 'vitest'
import { access } from './access.fixture.ts'
import { withoutEnvelopes } from './withoutEnvelopes.ts'

function observed() {
  const told: (CustomerAccess | string)[] = []
  const observer = {
    onAccess: (each: CustomerAccess) => told.push(each),
    onEnd: (failure?: unknown) => told.push(failure instanceof Error ? failure.message : 'end'),
  }
  return { told, observer }
}

const news = access([], { version: 2 })

async function all(chunks: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const read: unknown[] = []
  for await (const chunk of chunks) read.push(chunk)
  return read
}

async function* stream(...chunks: readonly unknown[]) {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk
    yield chunk
  }
}

describe('an answer', () => {
  it.each([
    ['in an envelope', { $tollgate: 1, data: { n: 1 }, access: news }, { n: 1 }, [news, 'end']],
    ['that is nothing, in an envelope', { $tollgate: 1, access: news }, undefined, [news, 'end']],
    ['without an envelope', { n: 1 }, { n: 1 }, ['end']],
    ['that is null', null, null, ['end']],
  ])('%s is handed over as the procedure gave it', (_case, answer, expected, tale) => {
    const { told, observer } = observed()
    expect(withoutEnvelopes(answer, observer)).toEqual(expected)
    expect(told).toEqual(tale)
  })
})

describe('a stream', () => {
  const read = (chunks: readonly unknown[]) => {
    const { told, observer } = observed()
    // What goes in as a stream comes out as one.
    return { told, chunks: withoutEnvelopes(stream(...chunks), observer) as AsyncIterableIterator<unknown> }
  }

  it('loses the last chunk that is an envelope, and tells what was in it before it ends', async () => {
    const { told, chunks } = read([1, 2, { $tollgate: 1, access: news }])
    expect(await all(chunks)).toEqual([1, 2])
    expect(told).toEqual([news, 'end'])
  })

  it('tells that it was left early, started or not', async () => {
    for (const started of [true, false]) {
      const { told, chunks } = read([1, 2, 3])
      if (started) await chunks.next()
      await chunks.return?.()
      expect(told).toEqual(['end'])
      expect(await chunks.next()).toMatchObject({ done: true })
      expect(told).toEqual(['end'])
    }
  })

  it('tells why it failed', async () => {
    const { told, chunks } = read([1, new Error('too little left')])
    await expect(all(chunks)).rejects.toThrow('too little left')
    expect(told).toEqual(['too little left'])
  })
})
