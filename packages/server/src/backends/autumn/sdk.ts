import type { Autumn } from 'autumn-js'
import { type Fault, faultOf, RequestTimeout } from './fault.ts'

export interface SdkOptions {
  readonly secretKey: string
  /** Where Autumn answers; its own cloud when it is not said. */
  readonly url?: string | undefined
  /** The longest that one call may take, in milliseconds. */
  readonly timeoutMs: number
  /** Makes the requests in place of the global `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined
}

/** What a call came to. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }

/** How one call is made. */
export interface CallOptions {
  /** Names the call: sent again, it takes effect once. */
  readonly idempotencyKey?: string
}

/** What `autumn-js` takes beside a call's parameters. */
export interface RequestOptions {
  readonly timeoutMs: number
  readonly headers: Record<string, string>
}

/** Calls Autumn through `autumn-js`: never longer than the budget, and faults are answers. */
export type Sdk = <T>(send: (autumn: Autumn, request: RequestOptions) => Promise<T>, options?: CallOptions) => Promise<Answer<T>>

/** Autumn's API as this backend reads it. */
const API_VERSION = '2.4.0'

/** Starts to load `autumn-js`, which takes its time, and answers calls as soon as it is there. */
export function createSdk({ secretKey, url, timeoutMs, fetch }: SdkOptions): Sdk {
  const loading = load(secretKey, url, fetch)
  // Whoever calls hears of it; a process that never does is not brought down.
  loading.catch(() => undefined)

  return async (send, { idempotencyKey } = {}) => {
    const autumn = await loading
    try {
      // `autumn-js` drops an `idempotencyKey` among the parameters without a word: only the header arrives.
      const headers = idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }
      return { ok: true, value: await within(timeoutMs, send(autumn, { timeoutMs, headers })) }
    } catch (error) {
      return { ok: false, fault: faultOf(error) }
    }
  }
}

async function load(secretKey: string, url: string | undefined, fetch: SdkOptions['fetch']): Promise<Autumn> {
  const { Autumn, HTTPClient } = await import('autumn-js').catch((error: unknown) => {
    throw new Error("autumn() needs the package 'autumn-js': install it beside @tollgate/server", { cause: error })
  })
  return new Autumn({
    secretKey,
    // By default `autumn-js` answers "allowed" in an outage, drops what is tracked, and replaces the HTTP client that it was given.
    failOpen: false,
    retryConfig: { strategy: 'none' },
    // By default the environment may choose another, whose answers are unlike those that are read here.
    xApiVersion: API_VERSION,
    ...(url !== undefined && { serverURL: url }),
    ...(fetch && { httpClient: new HTTPClient({ fetcher: (input, init) => fetch(new Request(input, init)) }) }),
  })
}

/** The budget holds even where a transport does not listen to its signal. */
function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new RequestTimeout(ms)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
