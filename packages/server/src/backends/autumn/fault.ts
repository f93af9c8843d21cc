import { OutageError } from '../backend.ts'

/** Why a call to Autumn came to nothing, or to something that cannot be read. */
export type Fault =
  /** No answer: whether the call took effect is not known. */
  | { readonly kind: 'unanswered'; readonly error: Error }
  /** Answered that it cannot answer now: nothing took effect. */
  | { readonly kind: 'unavailable'; readonly status: number; readonly retryAfterMs: number | null; readonly error: Error }
  /** It took effect, and `autumn-js` could not read the answer. */
  | { readonly kind: 'unreadable'; readonly body: unknown; readonly error: Error }
  /** Refused: nothing took effect. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string; readonly error: Error }
  /** The parameters are wrong: nothing was sent. */
  | { readonly kind: 'mistake'; readonly error: Error }

/** The budget of a call was over before its answer came. */
export class RequestTimeout extends Error {
  override readonly name = 'RequestTimeout'

  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
  }
}

/** Sorts what `autumn-js` throws. Its errors carry no code: that stands in the body alone. */
export function faultOf(thrown: unknown): Fault {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  if (isHttpError(error)) {
    const { statusCode: status } = error
    const body = parsed(error.body)
    if (status < 300) return { kind: 'unreadable', body, error }
    // A fault of the server may have come after the effect; only a refusal to begin says that there was none.
    if (status >= 500 && status !== 503) return { kind: 'unanswered', error }
    if (status === 429 || status === 503) {
      return { kind: 'unavailable', status, retryAfterMs: retryAfterMs(error.headers.get('retry-after')), error }
    }
    const { code, message } = codeAndMessage(body)
    return { kind: 'refused', status, code, message, error }
  }
  if (error.name === 'SDKValidationError' || error.name === 'InvalidRequestError') return { kind: 'mistake', error }
  return { kind: 'unanswered', error }
}

/** The error that a caller of the port sees for a fault that no rule of its own covers. */
export function errorOf(fault: Fault): Error {
  switch (fault.kind) {
    case 'unanswered':
    case 'unavailable':
    case 'unreadable':
      return new OutageError(`Autumn cannot answer: ${fault.error.message}`, { cause: fault.error })
    case 'refused':
      return new Error(refusalSentence(fault), { cause: fault.error })
    case 'mistake':
      return new Error(`autumn-js does not take this call: ${fault.error.message}`, { cause: fault.error })
  }
}

function refusalSentence({ status, code, message }: Extract<Fault, { readonly kind: 'refused' }>): string {
  if (status === 401 || status === 403)
    return `Autumn refuses the secret key (${code}: ${message}): give autumn() the key of this environment`
  if (code === 'feature_not_found') {
    return `Autumn does not know a feature of the registry (${message}): push the registry with atmn, and compare with 'tollgate diff'`
  }
  return `Autumn refuses the call (${status} ${code}: ${message})`
}

interface HttpError extends Error {
  readonly statusCode: number
  readonly body: string
  readonly headers: Headers
}

/** By its shape: a check by class would load `autumn-js` for the class. */
function isHttpError(error: Error): error is HttpError {
  return 'statusCode' in error && typeof error.statusCode === 'number' && 'body' in error && typeof error.body === 'string'
}

function codeAndMessage(body: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  return { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '' }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

/** Seconds, or a date. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000)
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now())
}
