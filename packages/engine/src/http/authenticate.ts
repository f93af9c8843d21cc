import { timingSafeEqual } from 'node:crypto'
import { ApiError } from './apiError.ts'

/** Who is calling: a server with a secret key, or a browser with a publishable one. */
export type Caller = 'secret' | 'publishable'

export interface Keys {
  readonly secretKeys: readonly string[]
  readonly publishableKeys?: readonly string[] | undefined
}

/** Builds the check of an `Authorization` header. The time a comparison takes tells the length of a key at most, never how much of it is right. */
export function authenticator({ secretKeys, publishableKeys = [] }: Keys): (header: string | undefined) => Caller {
  const secret = secretKeys.map((key) => Buffer.from(key))
  const publishable = publishableKeys.map((key) => Buffer.from(key))
  return (header) => {
    const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
    if (token === undefined) throw new ApiError(401, 'no_secret_key', 'Secret key not found in Authorization header')
    const given = Buffer.from(token)
    const isSecret = isOneOf(given, secret)
    const isPublishable = isOneOf(given, publishable)
    if (isSecret) return 'secret'
    if (isPublishable) return 'publishable'
    throw strangerError(token)
  }
}

/** Whether a header holds a publishable key, known or not. */
export function claimsToBePublishable(header: string | undefined): boolean {
  return /^Bearer +am_pk_/i.test(header ?? '')
}

function isOneOf(given: Buffer, keys: readonly Buffer[]): boolean {
  let found = false
  for (const key of keys) found = (key.byteLength === given.byteLength && timingSafeEqual(key, given)) || found
  return found
}

function strangerError(token: string): ApiError {
  if (token.startsWith('am_pk_')) return new ApiError(401, 'invalid_publishable_key', `Invalid publishable key: ${masked(token)}`)
  if (token.startsWith('am_sk_')) return new ApiError(401, 'invalid_secret_key', `Invalid secret key: ${masked(token)}`)
  return new ApiError(401, 'invalid_request', 'Invalid authorization token prefix')
}

/** Shows what kind of key it is, and nothing of the key itself. */
function masked(token: string): string {
  const kind = /^am_[sp]k_(?:test_|live_)?/.exec(token)?.[0] ?? ''
  return `${kind}${'*'.repeat(Math.min(8, token.length - kind.length))}`
}
