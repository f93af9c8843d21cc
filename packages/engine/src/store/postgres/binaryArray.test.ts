import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { boolArray, float8Array, int4Array, int8Array, textArray } from './binaryArray.ts'
import { ask, unprepared } from './roundTrip.ts'
import { startTestServer, type TestServer } from './testServer.fixture.ts'

let server: TestServer
let client: pg.Client
beforeAll(async () => {
  server = await startTestServer()
  client = new pg.Client({ connectionString: await server.createDatabase() })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await server.stop()
})

const list = (type: string) =>
  unprepared(`SELECT value::text FROM unnest($1::${type}[]) WITH ORDINALITY AS v (value, place) ORDER BY place`)

it('brings texts to the server as they are', async () => {
  const text = fc.string({ unit: fc.oneof(fc.constantFrom('"', '\\', '{', ',', '\n', 'NULL'), fc.string({ unit: 'grapheme' })) })
  const values = fc.array(
    fc.oneof(
      fc.constant(null),
      text.map((each) => each.replaceAll('\0', '')),
    ),
  )
  await fc.assert(
    fc.asyncProperty(values, async (given) => {
      expect(await ask(client, list('text'), [textArray(given)])).toEqual(given.map((value) => [value]))
    }),
  )
})

it('brings numbers to the server as they are', async () => {
  const whole = [0, -1, 2 ** 31 - 1, -(2 ** 31)]
  const large = [...whole, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
  const fractions = [...large, 0.1, -1e300, 5e-324]
  expect(await ask(client, list('integer'), [int4Array(whole)])).toEqual(whole.map((value) => [String(value)]))
  expect(await ask(client, list('bigint'), [int8Array(large)])).toEqual(large.map((value) => [String(value)]))
  const answered = await ask(client, list('double precision'), [float8Array(fractions)])
  expect(answered.map(([value]) => Number(value))).toEqual(fractions)
  expect(await ask(client, list('boolean'), [boolArray([true, false])])).toEqual([['true'], ['false']])
})

it('brings empty lists', async () => {
  for (const [type, values] of [
    ['text', textArray([])],
    ['bigint', int8Array([])],
  ] as const)
    expect(await ask(client, list(type), [values])).toEqual([])
})
