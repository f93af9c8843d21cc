import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import type { Catalog, CustomerState, Operation } from '@tollgate/engine'
import { type Effect, encodeChanges, type Store, type Work } from '@tollgate/engine/store'

/**
 * The ceiling of what a durable store can do: customers and operation ids in memory, without a limit, and a journal that is only appended to,
 * with one fdatasync for each batch. It reads nothing back, lists nothing, forgets nothing and takes for ever to open.
 */
export function journalStore(path: string): Store {
  const file = openSync(path, 'a')
  const customers = new Map<string, CustomerState>()
  const operations = new Map<string, Operation>()
  let saved: Catalog | null = null
  let entries = 0

  const decideOne = (work: Work): string => {
    const { customerId, operationId } = work
    const known = operationId === null ? null : (operations.get(operationId) ?? null)
    const effect = work.run(customers.get(customerId) ?? null, known)
    if (effect.entry !== null && effect.state !== null) {
      entries += 1
      customers.set(customerId, effect.state)
    }
    if (effect.operation !== null) operations.set(effect.operation.id, effect.operation)
    return lineOf(effect)
  }

  return {
    transact(works) {
      const text = works.map(decideOne).join('')
      if (text === '') return
      writeSync(file, text)
      fdatasyncSync(file)
    },
    customer: (customerId) => customers.get(customerId) ?? null,
    operation: (operationId) => operations.get(operationId) ?? null,
    entry: neverRead,
    entries: neverRead,
    customers: neverRead,
    operations: neverRead,
    catalog: () => saved,
    saveCatalog(catalog) {
      saved = catalog
      return true
    },
    totals: () => ({ customers: customers.size, entries }),
    close: () => closeSync(file),
  }
}

function lineOf({ entry, operation }: Effect): string {
  if (entry === null) return operation === null ? '' : `${JSON.stringify([operation])}\n`
  const { customerId, seq, at, operationId, changes } = entry
  return `${JSON.stringify([customerId, seq, at, operationId, operation])}${encodeChanges(changes)}\n`
}

function neverRead(): never {
  throw new Error('a journal is not read')
}
