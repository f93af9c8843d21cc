import { hash, timingSafeEqual } from 'node:crypto'
import { ApiError } from './apiError.ts'

/** Who is calling: a server with a secret key, or a browser with a publishable one. */
export type Caller = 'secret' | 'publishable'

export interface Keys {
  readonly secretKeys: readonly string[]
  readonly publishableKeys?: readonly string[] | undefined
}

/** Builds the check of an `Authorization` header. Every key is compared in full, in a time that does not depend on how much of it is right. */
export function authenticator({ secretKeys, publishableKeys = [] }: Keys): (header: string | undefined) => Caller {
  const secret = secretKeys.map(digestOf)
  const publishable = publishableKeys.map(digestOf)
  return (header) => {
    const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
    if (token === undefined) throw new ApiError(401, 'no_secret_key', 'Secret key not found in Authorization header')
    const digest = digestOf(token)
    const isSecret = isOneOf(digest, secret)
    const isPublishable = isOneOf(digest, publishable)
    if (isSecret) return 'secret'
    if (isPublishable) return 'publishable'
    throw strangerError(token)
  }
}

/** Whether a header holds a publishable key, known or not. */
export function claimsToBePublishable(header: string | undefined): boolean {
  return /^Bearer +am_pk_/i.test(header ?? '')
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

function isOneOf(digest: Buffer, digests: readonly Buffer[]): boolean {
  let found = false
  for (const each of digests) found = timingSafeEqual(digest, each) || found
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
