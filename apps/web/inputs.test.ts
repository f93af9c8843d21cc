import { expect, it } from 'vitest'
import { GenerateInput, InviteInput, messagesFor, SummarizeInput } from './inputs.ts'

const wanted = { prompt: ' Moss ', style: 'mosaic', n: 4, seed: 1 }

it('takes what a form sends, without the spaces around it', () => {
  expect(GenerateInput.parse(wanted)).toEqual({ ...wanted, prompt: 'Moss' })
  expect(InviteInput.parse({ name: 'Dee', email: ' DEE@x.example ' }).email).toBe('dee@x.example')
})

it.each([{ n: 0 }, { n: 7 }, { n: 1.5 }, { n: '4' }, { style: 'photo' }, { prompt: ' ' }, { price: 0 }, { units: 0 }])(
  'refuses %o and does not ignore it',
  (given) => {
    expect(GenerateInput.safeParse({ ...wanted, ...given }).success).toBe(false)
  },
)

it('prices a text by the 4,000 characters that a message covers', () => {
  expect([1, 4_000, 4_001, 20_000].map((length) => messagesFor('x'.repeat(length)))).toEqual([1, 1, 2, 5])
  expect(SummarizeInput.safeParse({ text: 'x'.repeat(20_001), sentences: 3 }).success).toBe(false)
})
