import { replaceEqualDeep } from '@tanstack/react-query'
import type { CustomerAccess } from '@tollgate/features'

/** A server that starts anew on an empty store counts versions from the start; an answer that is later by so much is believed in spite of its version. */
const FORGOTTEN_AFTER_MS = 30_000

/**
 * Of what is held and what came, the newer; another customer's or entity's access always replaces what is held.
 *
 * What did not change keeps its identity, so that nothing renders for it.
 */
export function newestAccess(held: CustomerAccess | undefined, next: CustomerAccess): CustomerAccess {
  if (held === undefined || !isSameView(held, next)) return next
  return isNewer(held, next) ? replaceEqualDeep(held, next) : held
}

/** Whether both tell of one customer, and of the same part of it. */
export function isSameView(a: CustomerAccess, b: CustomerAccess): boolean {
  return a.customerId === b.customerId && a.entityId === b.entityId
}

/** Whether a value is an access; what our own server sends is either that or nothing of the kind. */
export function isAccess(value: unknown): value is CustomerAccess {
  return typeof value === 'object' && value !== null && 'customerId' in value && 'version' in value && 'features' in value
}

function isNewer(held: CustomerAccess, next: CustomerAccess): boolean {
  if (next.version === held.version) return next.at >= held.at
  return next.version > held.version || next.at > held.at + FORGOTTEN_AFTER_MS
}
