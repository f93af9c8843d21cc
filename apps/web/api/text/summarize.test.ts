import { expect, it } from 'vitest'
import { sentencesOf } from './sentence.ts'
import { keywordsOf, summarize } from './summarize.ts'

const text = `The tower was built in 1874. Its keepers lived in the tower for ninety years.

When the lamp was automated the keepers left, and the tower decayed. A trust bought the tower. Nobody knows why it rained that day.`

it('tells sentences of the text, word for word, in their order', () => {
  const { sentences } = summarize(text, 3)
  expect(sentences).toHaveLength(3)
  for (const { text: said, start, end } of sentences) expect(text.slice(start, end)).toBe(said)
  expect(sentences.map(({ start }) => start)).toEqual(sentences.map(({ start }) => start).toSorted((a, b) => a - b))
})

it('leaves out what nothing else in the text agrees with', () => {
  expect(
    summarize(text, 4)
      .sentences.map(({ text: said }) => said)
      .join(' '),
  ).not.toContain('rained')
})

it('has no more sentences than the text', () => {
  expect(summarize('Only one sentence here.', 5)).toMatchObject({ sentences: [{ text: 'Only one sentence here.' }], words: 4, share: 1 })
})

it('stops with the signal', () => {
  expect(() => summarize(text, 3, AbortSignal.abort())).toThrow(/abort/i)
})

it('counts a plural as its singular where both occur', () => {
  expect(keywordsOf(sentencesOf('One euro. Two euros. The euros count.'), 1)).toEqual(['euro'])
})
