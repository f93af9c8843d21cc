import type pg from 'pg'
import { asFault, faultOf } from './fault.ts'

/** Tasks that use one connection side by side. */
interface Lease {
  readonly connecting: Promise<pg.PoolClient>
  tasks: number
  isOver: boolean
}

/** Runs tasks side by side on one connection of a pool. It is given back with the last of them, and given up once it got lost. */
export function sharedConnection(pool: pg.Pool): <T>(task: (client: pg.ClientBase) => Promise<T>) => Promise<T> {
  let current: Lease | null = null

  const end = (lease: Lease, client: pg.PoolClient | null, isLost: boolean): void => {
    lease.tasks -= 1
    if (lease.isOver || (lease.tasks > 0 && !isLost)) return
    lease.isOver = true
    if (current === lease) current = null
    client?.release(isLost)
  }

  return async (task) => {
    current ??= { connecting: pool.connect(), tasks: 0, isOver: false }
    const lease = current
    lease.tasks += 1
    const client = await lease.connecting.catch((error: unknown) => {
      end(lease, null, true)
      throw asFault(error)
    })
    try {
      const result = await task(client)
      end(lease, client, false)
      return result
    } catch (error) {
      end(lease, client, faultOf(error) === 'lost')
      throw error
    }
  }
}
