import { expect, it } from 'vitest'
import { answerCall } from './answerCall.ts'

it('tells the contrast of two colours and what it suffices for', () => {
  expect(answerCall({ endpoint: 'contrast', foreground: '#000000', background: '#ffffff' })).toEqual({
    endpoint: 'contrast',
    ratio: 21,
    passes: ['AA large', 'AA', 'AAA'],
  })
  expect(answerCall({ endpoint: 'contrast', foreground: '#777777', background: '#ffffff' })).toMatchObject({
    ratio: 4.48,
    passes: ['AA large'],
  })
})

it('tells how hard a text is', () => {
  const easy = answerCall({ endpoint: 'readability', text: 'The cat sat. The dog ran.' })
  const hard = answerCall({
    endpoint: 'readability',
    text: 'Institutional considerations necessitate comprehensive organisational deliberation.',
  })
  expect(easy).toMatchObject({ words: 6, sentences: 2, wordsPerSentence: 3 })
  expect(easy.endpoint === 'readability' && hard.endpoint === 'readability' && easy.readingEase > hard.readingEase).toBe(true)
})

it('gives a text colours, and a ramp from its darkest to its lightest', () => {
  const answer = answerCall({ endpoint: 'palette', text: 'sea' })
  expect(answer.endpoint === 'palette' && [...answer.colors, ...answer.ramp].every((color) => /^#[0-9a-f]{6}$/.test(color))).toBe(true)
})
