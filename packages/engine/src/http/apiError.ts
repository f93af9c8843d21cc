import type { Refusal } from '../core/command.ts'
import { type ApiVersion, V2_0 } from './apiVersion.ts'

/** A request that fails: the status, and the code and message that Autumn gives for it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: 400 | 401 | 404 | 405 | 409 | 413 | 500 | 503
  readonly code: string

  constructor(status: ApiError['status'], code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.code = code
  }
}

export function invalidInputs(message: string): ApiError {
  return new ApiError(400, 'invalid_inputs', message)
}

export function invalidRequest(message: string): ApiError {
  return new ApiError(400, 'invalid_request', message)
}

/** Something that Autumn does and this server does not. */
export function notOffered(sentence: string): ApiError {
  return new ApiError(400, 'not_offered', sentence)
}

export function customerNotFound(id: string): ApiError {
  return new ApiError(404, 'customer_not_found', `Customer ${id} not found`)
}

export function featureNotFound(id: string): ApiError {
  return new ApiError(404, 'feature_not_found', `Feature ${id} not found`)
}

export function entityNotFound(id: string): ApiError {
  return new ApiError(404, 'entity_not_found', `Entity ${id} not found`)
}

export function planNotFound(id: string): ApiError {
  return new ApiError(404, 'product_not_found', `Product ${id} not found`)
}

/** A key that was used before, as Autumn says it. */
export function duplicateKey(key: string): ApiError {
  return new ApiError(409, 'duplicate_idempotency_key', `Another request with idempotency key ${key} has already been received`)
}

/** The error that a refused command is on the wire. */
export function refusalError(refusal: Refusal, version: ApiVersion): ApiError {
  switch (refusal.code) {
    case 'customer_not_found':
      return customerNotFound(refusal.customerId)
    case 'entity_not_found':
      return entityNotFound(refusal.entityId)
    case 'entity_exists':
      return new ApiError(409, 'entity_already_exists', `Entity ${refusal.entityId} already exists`)
    case 'feature_not_found':
      return featureNotFound(refusal.featureId)
    case 'feature_not_counted':
      return invalidRequest(`Feature ${refusal.featureId} is a boolean feature, which is a flag and has no balance`)
    case 'feature_not_holdable':
      return invalidRequest('Lock is not supported for allocated features')
    case 'plan_not_found':
      return planNotFound(refusal.planId)
    case 'plan_already_attached':
      return alreadyAttached(refusal, version)
    case 'plan_not_attached':
      return new ApiError(404, 'product_not_found', `Product ${refusal.planId} is not attached to this customer`)
    case 'hold_exists':
      return lockExists()
    case 'hold_not_found':
      return invalidRequest('Lock not found')
    case 'balance_not_found':
      return new ApiError(404, 'balance_not_found', `No balance of feature ${refusal.featureId} fits the request`)
    case 'balance_exists':
      return new ApiError(409, 'balance_already_exists', `Balance ${refusal.balanceId} already exists`)
    case 'short': {
      const [first] = refusal.shortages
      return new ApiError(400, 'insufficient_balance', `Insufficient balance to deduct from feature ${first?.featureId ?? ''}`)
    }
    case 'operation_running':
      return lockExists()
    case 'operation_conflict':
    case 'operation_done':
      return duplicateKey(refusal.operation.id)
  }
}

function alreadyAttached(refusal: Extract<Refusal, { readonly code: 'plan_already_attached' }>, version: ApiVersion): ApiError {
  const { planId } = refusal
  const name = refusal.customer?.subscriptions.find((each) => each.planId === planId)?.planName ?? planId
  if (version >= V2_0) return new ApiError(409, 'plan_already_attached', `Product ${name} is already attached, can't attach again`)
  const message = `Cannot attach because the customer's current product '${name}' is the same as the product being attached`
  return new ApiError(400, 'product_already_attached', message)
}

function lockExists(): ApiError {
  return new ApiError(409, 'lock_already_exists', 'A lock with this ID already exists')
}
