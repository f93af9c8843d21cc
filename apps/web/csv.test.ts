import { expect, it } from 'vitest'
import { csvOf } from './csv.ts'

it('quotes what would break a row', () => {
  expect(csvOf([['a', 'b,c', 'd"e', 'f\ng']])).toBe('a,"b,c","d""e","f\ng"\r\n')
})

it('lets no cell begin a formula, and leaves numbers alone', () => {
  expect(csvOf([['=1+1', '@x', '-2', '+3', '-x']])).toBe("'=1+1,'@x,-2,+3,'-x\r\n")
})
