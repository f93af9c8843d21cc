import fc from 'fast-check'

/** A request that a careless or a hostile client could send. */
export interface MalformedRequest {
  readonly method: string
  readonly path: string
  /** The body as text, which need not be JSON. */
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A good request, and where in its body something that is required stands. Every one of them would change something. */
interface Template {
  readonly path: string
  readonly body: Json
  readonly ids?: readonly string[]
  /** Words that may be missing, but not be anything else. */
  readonly optional?: readonly string[]
  readonly words?: readonly string[]
  readonly numbers?: readonly string[]
}

const use = { customer_id: 'c1', feature_id: 'messages', value: 1 }
const lock = { lock_id: 'new', enabled: true, expires_at: 0 }

const templates: readonly Template[] = [
  { path: 'balances.track', body: use, ids: ['customer_id', 'feature_id'], numbers: ['value'] },
  { path: 'track', body: use, ids: ['feature_id'], numbers: ['value'] },
  { path: 'balances.batch_track', body: [use], ids: ['0.customer_id', '0.feature_id'], numbers: ['0.value'] },
  {
    path: 'balances.check',
    body: { ...use, required_balance: 1, send_event: true },
    ids: ['customer_id', 'feature_id'],
    numbers: ['required_balance'],
    words: ['send_event'],
  },
  {
    path: 'balances.check',
    body: { ...use, lock },
    ids: ['customer_id', 'feature_id'],
    numbers: ['lock.expires_at'],
    words: ['lock.enabled', 'lock.lock_id', 'lock'],
  },
  {
    path: 'balances.finalize',
    body: { lock_id: 'held', action: 'confirm', override_value: 1 },
    ids: ['lock_id'],
    words: ['action'],
    numbers: ['override_value'],
  },
  {
    path: 'balances.create',
    body: { customer_id: 'c1', feature_id: 'exports', included_grant: 5 },
    ids: ['customer_id', 'feature_id'],
    numbers: ['included_grant'],
  },
  {
    path: 'balances.update',
    body: { customer_id: 'c1', feature_id: 'messages', remaining: 3 },
    ids: ['customer_id', 'feature_id'],
    numbers: ['remaining'],
  },
  { path: 'balances.delete', body: { customer_id: 'c1', feature_id: 'messages' }, ids: ['customer_id', 'feature_id'] },
  { path: 'usage', body: use, ids: ['feature_id'], numbers: ['value'] },
  { path: 'customers.update', body: { customer_id: 'c1', name: 'New' }, ids: ['customer_id'] },
  { path: 'customers.delete', body: { customer_id: 'c1' }, ids: ['customer_id'] },
  {
    path: 'entities.create',
    body: { customer_id: 'c1', entity_id: 'e2', feature_id: 'seats' },
    ids: ['customer_id', 'feature_id'],
    words: ['entity_id'],
  },
  { path: 'entities.delete', body: { customer_id: 'c1', entity_id: 'e1' }, ids: ['customer_id', 'entity_id'] },
  { path: 'features.create', body: { feature_id: 'new', name: 'New', type: 'metered' }, words: ['feature_id', 'name', 'type'] },
  { path: 'features.update', body: { feature_id: 'messages', name: 'New' }, ids: ['feature_id'], optional: ['name'] },
  { path: 'features.delete', body: { feature_id: 'spare' }, ids: ['feature_id'] },
  {
    path: 'plans.create',
    body: { plan_id: 'new', name: 'New', items: [{ feature_id: 'messages', included: 5 }] },
    ids: ['items.0.feature_id'],
    words: ['plan_id', 'name'],
    optional: ['items'],
    numbers: ['items.0.included'],
  },
  { path: 'plans.update', body: { plan_id: 'free', items: [{ feature_id: 'messages' }] }, ids: ['plan_id', 'items.0.feature_id'] },
  { path: 'plans.delete', body: { plan_id: 'free' }, ids: ['plan_id'] },
  { path: 'billing.attach', body: { customer_id: 'c1', plan_id: 'free_plus' }, ids: ['customer_id', 'plan_id'] },
  { path: 'attach', body: { customer_id: 'c1', product_id: 'free_plus' }, ids: ['product_id'] },
  {
    path: 'billing.update',
    body: { customer_id: 'c1', plan_id: 'free', cancel_action: 'cancel_immediately' },
    ids: ['customer_id'],
    optional: ['plan_id'],
    words: ['cancel_action'],
  },
]

/** Ids that name nothing, among them what breaks naive stores, logs and objects. */
const strangeId = fc.oneof(
  fc.constantFrom(
    'nobody',
    '__proto__',
    'constructor',
    'toString',
    '',
    ' ',
    '.',
    '../..',
    '%00',
    '\0',
    '\u2028',
    '💥',
    '\ud800',
    "'; DROP TABLE customers; --",
    '$ne',
    '{{7*7}}',
    'NaN',
  ),
  fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }).map((text) => `~${text}`),
  fc.constant('x'.repeat(5_000)),
)

const wrongType: fc.Arbitrary<Json> = fc.constantFrom<Json>(null, 5, true, [], {}, [['x']], { $gt: '' }, { toString: 'x' }, -1)
const strangeWord: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, 5, [5], {}, 'no such word\0', ['confirm']),
  fc.constant('y'.repeat(20_000)),
)
const absurdNumber: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>('1', null, [1], {}, true, 1e300, -1e300, 1.0000001e15, -1e16, '1e3', 'NaN'),
  fc.double({ min: 1e16, noNaN: true, noDefaultInfinity: true }),
)

const broken: fc.Arbitrary<{ readonly path: string; readonly body: string }> = fc.constantFrom(...templates).chain((template) => {
  const { ids = [], words = [], optional = [], numbers = [] } = template
  const changes = [
    ...[...ids, ...words].map((at) => fc.constant({ at, value: undefined })),
    ...ids.flatMap((at) => [strangeId.map((value) => ({ at, value })), wrongType.map((value) => ({ at, value }))]),
    ...[...words, ...optional].map((at) => strangeWord.map((value) => ({ at, value }))),
    ...numbers.map((at) => absurdNumber.map((value) => ({ at, value }))),
  ]
  return fc
    .oneof(...changes)
    .map(({ at, value }) => ({ path: template.path, body: JSON.stringify(replaced(template.body, at.split('.'), value)) }))
})

/** JSON that is none, or that is nothing like a request. */
const garbage: fc.Arbitrary<{ readonly path: string; readonly body: string }> = fc.record({
  path: fc.constantFrom(...templates.map(({ path }) => path)),
  body: fc.oneof(
    fc.string({ maxLength: 200, unit: 'binary' }),
    fc.json({ maxDepth: 4 }).map((json) => (json.startsWith('{') ? `[${json}]` : json)),
    fc.constantFrom(
      '',
      'null',
      '"text"',
      '[]',
      '{}',
      '{"customer_id":',
      '[[]]',
      '0',
      'undefined',
      '{"__proto__":{"customer_id":"c1","feature_id":"messages"}}',
    ),
    fc.integer({ min: 1, max: 100_000 }).map((depth) => '['.repeat(depth)),
  ),
})

/** A use with a number or with properties that cannot be kept. */
const unkeepable: fc.Arbitrary<{ readonly path: string; readonly body: string }> = fc.record({
  path: fc.constantFrom('balances.track', 'track'),
  body: fc.oneof(
    fc
      .integer({ min: 1, max: 50_000 })
      .map((depth) => `{"customer_id":"c1","feature_id":"messages","properties":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`)
      .filter((text) => text.length > 1_000),
    fc.constantFrom(
      '{"customer_id":"c1","feature_id":"messages","value":1e999}',
      '{"customer_id":"c1","feature_id":"messages","value":NaN}',
    ),
  ),
})

/** Reads with whatever parameters: they may succeed, and change nothing. */
const reading: fc.Arbitrary<{ readonly path: string; readonly body: string }> = fc.record({
  path: fc.constantFrom(
    'balances.check',
    'customers.get',
    'customers.list',
    'entities.list',
    'entities.get',
    'features.get',
    'plans.get',
    'plans.list',
    'events.list',
    'events.aggregate',
    'billing.preview_attach',
  ),
  body: fc
    .record(
      {
        customer_id: fc.oneof(fc.constant('c1'), strangeId),
        feature_id: fc.oneof(fc.constant('messages'), strangeId),
        plan_id: fc.oneof(fc.constant('free'), strangeId),
        entity_id: strangeId,
        start_cursor: fc.oneof(
          strangeId,
          fc.base64String().map((text) => `p_${text}`),
          fc.json().map((json) => `p_${Buffer.from(`[${json},1]`).toString('base64url')}`),
        ),
        limit: fc.oneof(fc.double(), fc.integer()),
        required_balance: fc.double(),
        custom_range: fc.record({ start: fc.double(), end: fc.double() }),
        range: fc.constantFrom('24h', '7d', '1bc', 'last_cycle', 'x'),
        bin_size: fc.constantFrom('hour', 'day', 'week', 'month', 'x'),
        group_by: strangeId,
        filter_by: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 })),
        search: strangeId,
        expand: fc.oneof(fc.array(fc.string({ maxLength: 5 })), fc.constantFrom<Json>('x', 5, {})),
        with_preview: fc.boolean(),
        properties: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 })),
      },
      { requiredKeys: [] },
    )
    .map((body) => JSON.stringify(body)),
})

const nowhere: fc.Arbitrary<{ readonly path: string; readonly body: string }> = fc.record({
  path: fc.oneof(
    fc.webPath(),
    fc.constantFrom(
      'balances.check/',
      'balances.nope',
      'customers/%',
      'customers/%00',
      'customers/..%2f..',
      'products/__proto__',
      'features/constructor',
    ),
  ),
  body: fc.constantFrom('', '{}'),
})

const headers = fc.record(
  {
    'x-api-version': fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('2.4.0', '2.1', '2.3') },
      { weight: 1, arbitrary: fc.constantFrom('9.9', 'x', '1e9', '2.4.0, 1.2') },
    ),
    'content-type': fc.constantFrom('application/json', 'text/plain', 'multipart/form-data'),
    expect: fc.constantFrom('x'),
    'idempotency-replay': fc.constantFrom('stored', 'x'),
  },
  { requiredKeys: ['x-api-version'] },
)

/** Requests of which none may change anything, and none may break anything. */
export const malformedRequest: fc.Arbitrary<MalformedRequest> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: broken },
      { weight: 2, arbitrary: garbage },
      { weight: 1, arbitrary: unkeepable },
      { weight: 2, arbitrary: reading },
      { weight: 1, arbitrary: nowhere },
    ),
    headers,
    fc.oneof({ weight: 20, arbitrary: fc.constant('POST') }, { weight: 1, arbitrary: fc.constantFrom('GET', 'PUT', 'PATCH', 'OPTIONS') }),
  )
  .map(([{ path, body }, given, method]) => ({ method, path: `/v1/${path.replace(/^\//, '')}`, body, headers: given }))

function replaced(body: Json, [key = '', ...rest]: readonly string[], value: Json | undefined): Json {
  if (Array.isArray(body)) return body.map((each, index) => (String(index) === key ? replacedIn(each, rest, value) : each))
  const { [key]: before = null, ...others } = body as { readonly [key: string]: Json }
  if (rest.length === 0 && value === undefined) return others
  return { ...others, [key]: replacedIn(before, rest, value) }
}

function replacedIn(body: Json, rest: readonly string[], value: Json | undefined): Json {
  return rest.length === 0 ? (value ?? null) : replaced(body, rest, value)
}
