import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { InexactAmountError } from '../core/amount.ts'
import { InvalidCommandError } from '../core/invalidCommand.ts'
import type { Engine } from '../engine.ts'
import { StoreUnavailableError } from '../store/store.ts'
import { ApiError, invalidInputs } from './apiError.ts'
import { NEWEST, parseApiVersion } from './apiVersion.ts'
import { authenticator, type Caller, claimsToBePublishable, type Keys } from './authenticate.ts'
import type { Call } from './call.ts'
import { fingerprintOf, KEY_HEADER, keyRing, REPLAY_HEADER, REPLAYED_HEADER } from './idempotency.ts'
import { readBody } from './readBody.ts'
import type { Reply } from './reply.ts'
import { type Route, routes } from './routes.ts'
import type { Environment } from './wire/view.ts'

export interface AutumnApiOptions extends Keys {
  /** What answers say of themselves; `sandbox` by default. */
  readonly env?: Environment
  /** Adds the routes that move a customer's clock. Never in production; off by default. */
  readonly admin?: boolean
  /** Run before every route, unknown ones included: a request log, CORS. */
  readonly middleware?: readonly MiddlewareHandler[]
  /** Hears of faults of our own, which a client is told nothing about; the console by default. */
  readonly logger?: { error(message: string, fault: unknown): void }
}

/**
 * Autumn's HTTP API over an engine, as a Hono app: for unmodified clients of Autumn, of API 2.4 and of older versions.
 *
 * Every change is durable before it is answered. Failures are `{ message, code, env }` with Autumn's codes.
 */
export function autumnApi(engine: Engine, options: AutumnApiOptions): Hono {
  const { env = 'sandbox', admin = false, middleware = [], logger = console } = options
  const table = routes({ admin })
  const authenticate = authenticator(options)
  const newKeys = keyRing(engine)
  const finalizing = new Set<string>()
  const app = new Hono()

  const fail = (context: Context, fault: unknown): Response => {
    const { status, code, message } = errorOf(fault)
    if (status >= 500) logger.error(`${context.req.method} ${context.req.path} failed`, fault)
    if (status === 503) context.header('Retry-After', '1')
    return context.json({ message, code, env }, status)
  }

  const admit = (context: Context, route: Route): Caller => {
    const header = context.req.header('authorization')
    // Said before the key is looked at: no publishable key opens the route, known or not.
    if (!route.open && claimsToBePublishable(header)) throw notPublic(route)
    const caller = authenticate(header)
    if (caller === 'publishable' && !route.open) throw notPublic(route)
    return caller
  }

  const answer = async (context: Context, route: Route): Promise<Response> => {
    const caller = admit(context, route)
    const version = versionOf(context)
    const body = route.method === 'POST' ? await readBody(context) : {}
    const keys = newKeys()
    const call: Call = {
      ...{ engine, env, caller, version, body, keys, finalizing },
      param: (name) => context.req.param(name),
      query: (name) => context.req.query(name),
      expand: expandedBy(context, body),
    }
    try {
      const key = context.req.header(KEY_HEADER)
      const replays = key !== undefined && context.req.header(REPLAY_HEADER) === 'stored'
      const stored =
        key === undefined ? null : await keys.takeHeader(key, fingerprintOf(route.method, context.req.path, version, body), replays)
      if (stored) return respond(context, stored)
      const reply = await route.handler(call)
      await keys.settle(reply)
      return respond(context, reply)
    } finally {
      keys.release()
    }
  }

  for (const each of middleware) app.use(each)
  for (const route of table) app.on(route.method, route.path, (context) => answer(context, route))
  app.get('/health', (context) => context.json({ status: 'ok' }))
  app.notFound((context) => fail(context, nowhere(context, table)))
  app.onError((fault, context) => fail(context, fault))
  return app
}

function respond(context: Context, { status, body, replayed }: Reply): Response {
  if (replayed) context.header(REPLAYED_HEADER, 'true')
  return context.json(body, status)
}

function versionOf(context: Context): number {
  const header = context.req.header('x-api-version')
  if (header === undefined) return NEWEST
  const version = parseApiVersion(header)
  if (version === null) throw new ApiError(400, 'invalid_api_version', `"${header}" is not a valid API version`)
  return version
}

const NOTHING: ReadonlySet<string> = new Set()

function expandedBy(context: Context, body: unknown): ReadonlySet<string> {
  const inBody = typeof body === 'object' && body !== null && 'expand' in body ? body.expand : undefined
  const inQuery = context.req.query('expand')
  if (inBody === undefined && inQuery === undefined) return NOTHING
  const listed = Array.isArray(inBody) ? inBody.filter((each) => typeof each === 'string') : []
  return new Set([...listed, ...(inQuery?.split(',') ?? [])])
}

/** What a fault is on the wire. Only our own errors tell what happened. */
function errorOf(fault: unknown): ApiError {
  if (fault instanceof ApiError) return fault
  if (fault instanceof InexactAmountError || fault instanceof InvalidCommandError) return invalidInputs(fault.message)
  if (fault instanceof StoreUnavailableError)
    return new ApiError(503, 'internal_error', 'The store cannot answer at the moment', { cause: fault })
  return new ApiError(500, 'internal_error', 'Internal server error', { cause: fault })
}

function notPublic(route: Route): ApiError {
  return new ApiError(
    401,
    'endpoint_not_public',
    `Endpoint ${route.path} not accessible via publishable key. Please try with a secret key instead.`,
  )
}

function nowhere(context: Context, table: readonly Route[]): ApiError {
  const { method, path } = context.req
  const known = table.find((route) => route.path === path)
  if (known === undefined) return new ApiError(404, 'not_found', `There is no ${method} ${path}`)
  return new ApiError(405, 'method_not_allowed', `${path} takes ${known.method}`)
}
