import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CustomerState } from '../../core/customer.ts'
import type { CustomerQuery, Page } from '../store.ts'
import type { ListedCustomer } from './customerTable.ts'
import { type Memory, readResident } from './memory.ts'

/** How many customers are looked through before other work gets its turn. */
const STRETCH = 1_000

/** Lists customers. A long search lets other work in between. The cursor is the number of the last customer taken. */
export async function pageOfCustomers(memory: Memory, query: CustomerQuery): Promise<Page<CustomerState>> {
  const { limit, search = '', order = 'newest', includeDeleted = false } = query
  const length = search === '' ? limit + 1 : STRETCH
  const { customers, residents } = memory
  const found: ListedCustomer[] = []
  let beyond = query.cursor === undefined ? (order === 'newest' ? Number.MAX_SAFE_INTEGER : 0) : Number(query.cursor)
  while (found.length <= limit) {
    const stretch = customers.list({ order, beyond, search, limit: length })
    found.push(...stretch.filter((each) => each.found && (includeDeleted || !each.deleted)))
    const last = stretch.at(-1)
    if (last === undefined || stretch.length < length) break
    beyond = last.number
    if (search !== '') await nextTurn()
  }
  const taken = found.slice(0, limit)
  // A listing must not drive out of memory the customers that are being used.
  const states = taken.map(({ id }) => (residents.peek(id) ?? readResident(memory, id))?.state)
  return {
    items: states.filter((state) => state !== undefined),
    nextCursor: found.length > limit ? String(taken.at(-1)?.number) : null,
  }
}
