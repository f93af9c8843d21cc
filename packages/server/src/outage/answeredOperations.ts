import type { FeatureUnits, OperationRef, Refused, Repeated } from '../backends/backend.ts'
import { unreadDenial } from '../backends/unreadDenial.ts'

/** What operations were answered. */
export interface AnsweredOperations {
  add(operation: OperationRef, answer: string | null): void
  delete(operationId: string): void
  /** What a repeat is told; null when the operation is not known. */
  repeat(operation: OperationRef, items: readonly FeatureUnits[]): Repeated | Refused | null
}

/** Keeps so many of them, the latest. */
export function createAnsweredOperations(limit = Number.POSITIVE_INFINITY): AnsweredOperations {
  const answered = new Map<string, { readonly fingerprint: string; readonly answer: string | null }>()
  return {
    add({ id, fingerprint }, answer) {
      answered.delete(id)
      answered.set(id, { fingerprint, answer })
      if (answered.size > limit) for (const oldest of answered.keys()) return void answered.delete(oldest)
    },
    delete: (operationId) => void answered.delete(operationId),
    repeat({ id, fingerprint }, items) {
      const known = answered.get(id)
      if (known === undefined) return null
      if (known.fingerprint === fingerprint) return { kind: 'repeated', answer: known.answer, access: () => null }
      return { kind: 'denied', denial: unreadDenial('operation_conflict', items), access: () => null }
    },
  }
}
