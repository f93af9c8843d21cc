import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Operation } from '../../core/command.ts'
import type { OperationQuery, Page } from '../store.ts'
import type { Memory } from './memory.ts'
import type { PlacedOperation } from './operationTable.ts'

/** How many records are looked through before other work gets its turn. */
const STRETCH = 1_000

/** Lists operations in the order in which their last records were written. The cursor is the position of the last record taken. */
export async function pageOfOperations({ operations, operationIndex }: Memory, query: OperationQuery): Promise<Page<Operation>> {
  const { customerId, limit, cursor = '0' } = query
  const found: PlacedOperation[] = []
  let position = Number(cursor)
  while (found.length <= limit) {
    const stretch = operations.list(position, STRETCH)
    const wanted = stretch.filter(({ operation }) => customerId === undefined || operation.customerId === customerId)
    found.push(...wanted.filter((each) => operationIndex.isLast(each.operation.id, each.position)))
    const last = stretch.at(-1)
    if (last === undefined || stretch.length < STRETCH) break
    position = last.position
    await nextTurn()
  }
  const taken = found.slice(0, limit)
  return { items: taken.map(({ operation }) => operation), nextCursor: found.length > limit ? String(taken.at(-1)?.position) : null }
}
