import { Autumn, HTTPClient } from 'autumn-js'
import type { Hono } from 'hono'
import type { Engine } from '../engine.ts'
import { openEngine } from '../openEngine.ts'
import { type AutumnApiOptions, autumnApi } from './autumnApi.ts'

/** The secret key that the test API takes. */
export const SECRET = 'am_sk_test_secret'

/** The publishable key that the test API takes. */
export const PUBLISHABLE = 'am_pk_test_public'

export const TEST_START = Date.parse('2026-11-23T10:00:00.000Z')

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
}

/** The API in this process, with the published client and with plain requests, on a clock that the test moves. */
export interface TestApi {
  readonly app: Hono
  readonly engine: Engine
  /** The published client, unmodified; its requests never leave the process. */
  readonly autumn: Autumn
  readonly clock: { now: number }
  /** Sends a request as any client could. The body goes out as it is when it is text. */
  send(path: string, body?: unknown, options?: SendOptions): Promise<Answer>
  close(): Promise<void>
}

export interface SendOptions {
  readonly method?: string
  readonly version?: string
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

export async function testApi(options: Partial<AutumnApiOptions> & { readonly url?: string } = {}): Promise<TestApi> {
  const { url = 'memory:', ...given } = options
  const clock = { now: TEST_START }
  const engine = await openEngine({ url, clock: () => clock.now })
  const app = autumnApi(engine, { secretKeys: [SECRET], publishableKeys: [PUBLISHABLE], ...given })
  return { app, engine, clock, autumn: clientOf(app), send: (...args) => send(app, ...args), close: () => engine.close() }
}

/** The published client, speaking to an app in this process. */
export function clientOf(app: Hono): Autumn {
  const fetcher = async (...[input, init]: Parameters<typeof fetch>): Promise<Response> => app.fetch(new Request(input, init))
  return new Autumn({ secretKey: SECRET, serverURL: 'http://tollgate.test', failOpen: false, httpClient: new HTTPClient({ fetcher }) })
}

async function send(app: Hono, path: string, body?: unknown, options: SendOptions = {}): Promise<Answer> {
  const { method = 'POST', version = '2.4.0', key = SECRET, headers = {} } = options
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await app.request(`http://tollgate.test${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-api-version': version,
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(text === undefined || method === 'GET' ? {} : { body: text }),
  })
  return { status: response.status, body: await response.json(), headers: response.headers }
}

/** Declares the features and plans that most tests use, through the published client. */
export async function declareCatalog({ autumn }: Pick<TestApi, 'autumn'>): Promise<void> {
  const month = { interval: 'month' } as const
  await autumn.features.create({ featureId: 'premium', name: 'Premium support', type: 'boolean' })
  await autumn.features.create({ featureId: 'sso', name: 'SSO', type: 'boolean' })
  await autumn.features.create({ featureId: 'messages', name: 'Messages', type: 'metered', consumable: true, eventNames: ['message_sent'] })
  await autumn.features.create({ featureId: 'tokens', name: 'Tokens', type: 'metered', consumable: true })
  await autumn.features.create({ featureId: 'exports', name: 'Exports', type: 'metered', consumable: true })
  await autumn.features.create({ featureId: 'seats', name: 'Seats', type: 'metered', consumable: false })
  await autumn.features.create({ featureId: 'small_task', name: 'Small task', type: 'metered', consumable: true })
  await autumn.features.create({ featureId: 'big_task', name: 'Big task', type: 'metered', consumable: true })
  await autumn.features.create({
    featureId: 'credits',
    name: 'Credits',
    type: 'credit_system',
    creditSchema: [
      { meteredFeatureId: 'small_task', creditCost: 1 },
      { meteredFeatureId: 'big_task', creditCost: 2.5 },
    ],
  })
  await autumn.plans.create({
    planId: 'free',
    name: 'Free',
    group: 'main',
    items: [
      { featureId: 'premium' },
      { featureId: 'messages', included: 10, reset: month },
      { featureId: 'tokens', unlimited: true },
      { featureId: 'credits', included: 20, reset: month },
    ],
  })
  await autumn.plans.create({
    planId: 'free_plus',
    name: 'Free plus',
    group: 'main',
    items: [
      { featureId: 'premium' },
      { featureId: 'sso' },
      { featureId: 'messages', included: 50, reset: month },
      { featureId: 'credits', included: 100, reset: month },
    ],
  })
  await autumn.plans.create({
    planId: 'topup',
    name: 'Top up',
    group: 'extra',
    addOn: true,
    items: [{ featureId: 'messages', included: 5 }],
  })
  await autumn.plans.create({ planId: 'seats_plan', name: 'Seats', group: 'seats', items: [{ featureId: 'seats', included: 3 }] })
}

/** A customer who holds plans of the test catalog. */
export async function customerWith({ autumn }: Pick<TestApi, 'autumn'>, customerId: string, ...planIds: readonly string[]): Promise<void> {
  await autumn.customers.getOrCreate({ customerId })
  for (const planId of planIds) await autumn.billing.attach({ customerId, planId })
}
