import { TRPCError } from '@trpc/server'
import type { Caller } from './backends/backend.ts'
import { isPromise } from './isPromise.ts'

/** Whom a call is charged to. */
export interface Identity {
  readonly customerId: string
  /** The part of the customer whose balances count: a seat, a workspace. */
  readonly entityId?: string | null
  /** For the customer's record, when it is created on first sight. */
  readonly name?: string
  readonly email?: string
}

/** Says from the server's context alone whose call it is; null when it is nobody's, which is UNAUTHORIZED. */
export type Identify<TContext> = (opts: { readonly ctx: TContext }) => Identity | null | Promise<Identity | null>

/** Whose call it is, as backends are told. Answers at once where `identify` does. */
export function callerOf<TContext>(identify: Identify<TContext>, ctx: TContext): Caller | Promise<Caller> {
  const identity = identify({ ctx })
  return isPromise(identity) ? identity.then(asCaller) : asCaller(identity)
}

function asCaller(identity: Identity | null | undefined): Caller {
  // In plain JavaScript nothing is often undefined.
  if (identity === null || identity === undefined)
    throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in first: this call is charged to a customer.' })
  const { customerId, entityId = null, name, email } = identity
  if (typeof customerId !== 'string' || customerId === '')
    throw new Error("identify() answered a customerId that is empty or no text: answer the customer's id, or null when there is none")
  return { customerId, entityId, name, email }
}
