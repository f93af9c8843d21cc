import { describe, expect, it } from 'vitest'
import { defineFeatures } from './defineFeatures.ts'
import { boolean, creditSystem, type Features, metered } from './feature.ts'
import { RegistryError } from './registryError.ts'

/** Declares what the compiler would refuse, as plain JavaScript can. */
const declare = (features: unknown): unknown => defineFeatures(features as Features)

describe('a registry', () => {
  const features = defineFeatures({
    messages: metered({ eventNames: ['message.sent'], display: { singular: 'message', plural: 'messages' } }),
    seats: metered({ consumable: false, name: 'Team seats' }),
    sso: boolean({ name: 'Single sign-on' }),
    credits: creditSystem({ messages: 0.5 }, { name: 'Credits' }),
  })

  it('is the record of its features', () => {
    expect({ ...features }).toEqual({
      messages: {
        type: 'metered',
        consumable: true,
        eventNames: ['message.sent'],
        display: { singular: 'message', plural: 'messages' },
      },
      seats: { type: 'metered', consumable: false, name: 'Team seats' },
      sso: { type: 'boolean', name: 'Single sign-on' },
      credits: { type: 'credit_system', costs: { messages: 0.5 }, name: 'Credits' },
    })
  })

  it('keeps the order of the declaration', () => {
    expect(Object.keys(features)).toEqual(['messages', 'seats', 'sso', 'credits'])
  })

  it('cannot be changed, at any depth', () => {
    expect(() => Object.assign(features, { more: metered() })).toThrow(TypeError)
    expect(() => Object.assign(features.credits.costs, { messages: 0 })).toThrow(TypeError)
    expect(() => Object.assign(features.messages.eventNames ?? [], { 0: 'other' })).toThrow(TypeError)
  })

  it('is not changed through what it was declared with', () => {
    const costs = { messages: 1 }
    const { credits } = defineFeatures({ messages: metered(), credits: { type: 'credit_system', costs } })
    costs.messages = 0
    expect(credits.costs.messages).toBe(1)
  })

  it('answers an id that came from outside with what was declared, and nothing else', () => {
    const byAnyId: Features = features
    for (const id of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'nope']) expect(byAnyId[id]).toBeUndefined()
  })

  it('takes a pool that is declared before what it pays for', () => {
    expect(Object.keys(defineFeatures({ credits: creditSystem({ late: 1 }), late: metered() }))).toEqual(['credits', 'late'])
  })

  it('may be empty', () => {
    expect(Object.keys(defineFeatures({}))).toEqual([])
  })
})

describe('a builder', () => {
  it('leaves the options that it is given as they are', () => {
    const opts = { name: 'Messages', eventNames: ['message.sent'] }
    metered(opts)
    opts.eventNames.push('message.edited')
    expect(opts.eventNames).toHaveLength(2)
  })
})

describe('a registry that cannot work is refused with a sentence:', () => {
  it.each<[string, unknown, string]>([
    ['no object', undefined, 'defineFeatures() is undefined: write an object with ids as its keys'],
    ['an array', [metered()], 'defineFeatures() is an array: write an object with ids as its keys'],
    [
      'an id with a space',
      { 'image gen': metered() },
      "'image gen' is no feature id: use letters, digits, _ and - only, as in 'image_gen'",
    ],
    ['an empty id', { '': metered() }, "'' is no feature id: use letters, digits, _ and - only, as in 'image_gen'"],
    [
      'an id that objects have',
      { constructor: metered() },
      "'constructor' is no feature id, because every JavaScript object has a property of that name: choose another",
    ],
    [
      'an own key __proto__',
      JSON.parse('{"__proto__": {"type": "boolean"}}'),
      "'__proto__' is no feature id, because every JavaScript object has a property of that name: choose another",
    ],
    [
      'a __proto__ in a literal',
      { __proto__: { sso: boolean() } },
      "defineFeatures() is not a plain object: write a literal, without '__proto__' and not an instance of a class",
    ],
    ['a builder that was not called', { sso: boolean }, "feature 'sso' is a function: write metered(), boolean() or creditSystem({ … })"],
    ['another type', { sso: { type: 'flag' } }, "feature 'sso' is an object: write metered(), boolean() or creditSystem({ … })"],
    ['consumable that is neither', { a: { type: 'metered', consumable: 'no' } }, "consumable of feature 'a' is 'no': give true or false"],
    [
      'a misspelt option',
      { a: metered({ nmae: 'A' } as object) },
      "feature 'a' is given 'nmae', which it does not know: it takes type, consumable, name, eventNames, display",
    ],
    [
      'an amount for a boolean',
      { sso: boolean({ included: 5 } as object) },
      "feature 'sso' is given 'included', which it does not know: it takes type, name",
    ],
    ['a blank name', { a: metered({ name: ' ' }) }, "the name of feature 'a' is ' ': give a text that is not empty"],
    [
      'event names that are one text',
      { a: metered({ eventNames: 'sent' as never }) },
      "eventNames of feature 'a' is 'sent': give an array of names",
    ],
    [
      'an event name twice',
      { a: metered({ eventNames: ['sent', 'sent'] }) },
      "eventNames of feature 'a' has 'sent' twice: one event counts once",
    ],
    [
      'half a display',
      { a: metered({ display: { singular: 'a' } as never }) },
      "the plural of feature 'a' is undefined: give a text that is not empty",
    ],
    [
      'costs that are missing',
      { credits: { type: 'credit_system' } },
      "costs of feature 'credits' is undefined: write an object with ids as its keys",
    ],
    [
      'costs that are empty',
      { credits: creditSystem({}) },
      "feature 'credits' is a credit system without costs, which pays for nothing: name the metered features that draw from it",
    ],
    [
      'a cost for an unknown feature',
      { credits: creditSystem({ nope: 1 }) },
      "credit system 'credits' prices 'nope', and there is no such feature: name a metered feature of this registry",
    ],
    [
      'a cost for a boolean',
      { sso: boolean(), credits: creditSystem({ sso: 1 }) },
      "credit system 'credits' prices 'sso', which is a boolean feature and has no units: name a metered feature",
    ],
    [
      'a cost for another pool',
      { a: metered(), credits: creditSystem({ a: 1 }), more: creditSystem({ credits: 1 }) },
      "credit system 'more' prices 'credits', which is a credit system itself: price what it pays for",
    ],
    [
      'a cost for itself',
      { credits: creditSystem({ credits: 1 }) },
      "credit system 'credits' prices 'credits', which is a credit system itself: price what it pays for",
    ],
  ])('%s', (_case, features, sentence) => {
    expect(() => declare(features)).toThrow(new RegistryError(sentence))
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1e-11, 0.1 + 0.2, '1', null])('a cost of %s', (cost) => {
    expect(() => declare({ a: metered(), credits: creditSystem({ a: cost as number }) })).toThrow(
      /^the cost of 'a' in feature 'credits' is .*: give a number above 0/,
    )
  })

  it('by one class, which is a TypeError', () => {
    expect(() => declare(null)).toThrow(RegistryError)
    expect(() => declare(null)).toThrow(TypeError)
  })
})
