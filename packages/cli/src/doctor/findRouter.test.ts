import { initTRPC } from '@trpc/server'
import { describe, expect, it } from 'vitest'
import { findRouter } from './findRouter.ts'

const t = initTRPC.create()
const first = t.router({})
const second = t.router({})
const a = 1

describe('findRouter', () => {
  it.each([
    ['appRouter before the others', { default: second, router: second, appRouter: first }],
    ['router before the default', { default: second, router: first }],
    ['the default before another', { other: second, default: first }],
    ['the only one, whatever its name', { a, mine: first }],
    ['past a usual name that is no router', { router: a, mine: first }],
  ])('finds %s', (_what, exports) => {
    expect(findRouter(exports, 'a.ts', null)).toBe(first)
  })

  it('finds the one that is named', () => {
    expect(findRouter({ appRouter: second, mine: first }, 'a.ts', 'mine')).toBe(first)
  })

  it.each<[string, object, string | null, string]>([
    ['no export', {}, null, 'a.ts exports no tRPC router: it exports nothing'],
    ['no router', { a, b: null }, null, 'a.ts exports no tRPC router: it exports a, b'],
    [
      'what makes one',
      { a, createAppRouter: () => first },
      null,
      'a.ts exports no tRPC router: it exports a, createAppRouter; export what createAppRouter makes, as in: export const router = createAppRouter(…)',
    ],
    ['several', { mine: first, yours: second }, null, 'a.ts exports several routers: name one of mine, yours with --export'],
    ['none of the name', { a, mine: first }, 'yours', "a.ts exports no 'yours': it exports a, mine"],
    ['something else of the name', { a }, 'a', "'a' of a.ts is no tRPC router: it is a number"],
    [
      'a function of the name',
      { make: () => first },
      'make',
      "'make' of a.ts is no tRPC router: it is a function; export what it makes, as in: export const router = make(…)",
    ],
  ])('says what there is in place of a router: %s', (_what, exports, name, sentence) => {
    expect(() => findRouter({ ...exports }, 'a.ts', name)).toThrow(sentence)
  })
})
