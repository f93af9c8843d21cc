import pg from 'pg'
import type { Catalog } from '../../packages/engine/src/core/catalog.ts'
import { decodeCustomer, encodeChanges, encodeCustomer } from '../../packages/engine/src/core/codec.ts'
import type { AnswerTo, Command, Operation } from '../../packages/engine/src/core/command.ts'
import { decide } from '../../packages/engine/src/core/decide.ts'
import type { ExecuteOptions } from '../../packages/engine/src/execution.ts'
import { operationAfter, standingOf } from '../../packages/engine/src/operation.ts'

const TTL_MS = 604_800_000
const DAY_MS = 86_400_000

/** The meter as one would write it first: a transaction for each call. */
export interface NaiveMeter {
  execute<TCommand extends Command>(customerId: string, command: TCommand, options?: ExecuteOptions): Promise<AnswerTo<TCommand>>
  close(): Promise<void>
}

/**
 * Decides the same commands on the tables of the PostgreSQL store, each in a transaction of its own: lock the customer, look up the operation, write
 * the customer, append the entry, write the operation, commit. Exact as well: only slower.
 */
export function naivePostgres(url: string, catalog: Catalog, connections: number): NaiveMeter {
  const pool = new pg.Pool({ connectionString: url, max: connections })
  pool.on('error', () => undefined)
  let ids = 0
  const newId = (prefix: string): string => `${prefix}_${process.pid}_${ids++}`

  return {
    async execute(customerId, command, options = {}) {
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        const { rows: locked } = await client.query<{ state: string }>({
          name: 'lock',
          text: 'SELECT state FROM tollgate.states WHERE customer_id = $1 FOR UPDATE',
          values: [customerId],
        })
        const known = options.operation === undefined ? null : await operationById(client, options.operation.id)
        const state = locked[0] ? decodeCustomer(locked[0].state) : null
        const standing = options.operation && standingOf(known, options.operation, customerId, state, Date.now())
        if (standing) throw new Error(standing)
        const moment = { now: Date.now(), catalog, newId }
        const { answer, changes, state: after } = decide(state, command, moment, customerId, options.create ? { id: customerId } : null)
        if (after === null || changes.length === 0) {
          await client.query('ROLLBACK')
          return answer
        }
        const seq = (state?.seq ?? 0) + 1
        await client.query({
          name: 'state',
          text: `INSERT INTO tollgate.states (customer_id, seq, state) VALUES ($1, $2, $3)
                 ON CONFLICT (customer_id) DO UPDATE SET seq = excluded.seq, state = excluded.state`,
          values: [customerId, seq, encodeCustomer({ ...after, seq })],
        })
        await client.query({
          name: 'entry',
          text: `INSERT INTO tollgate.entries (customer_id, seq, at, recorded, batch, operation_id, changes)
                 VALUES ($1, $2, $3, $4, 0, $5, $6)`,
          values: [customerId, seq, moment.now, moment.now * 1_000, options.operation?.id, encodeChanges(changes)],
        })
        const operation = operationAfter(answer, command, customerId, options, state, { seq, at: moment.now, ttlMs: TTL_MS })
        if (operation !== null) await writeOperation(client, operation)
        await client.query('COMMIT')
        return answer
      } catch (error) {
        await client.query('ROLLBACK')
        throw error
      } finally {
        client.release()
      }
    },
    close: () => pool.end(),
  }
}

async function operationById(client: pg.ClientBase, id: string): Promise<Operation | null> {
  const { rows } = await client.query<{ record: string }>({
    name: 'operation',
    text: 'SELECT record FROM tollgate.operations WHERE id = $1',
    values: [id],
  })
  return rows[0] ? (JSON.parse(rows[0].record) as Operation) : null
}

async function writeOperation(client: pg.ClientBase, operation: Operation): Promise<void> {
  await client.query({
    name: 'write operation',
    text: `INSERT INTO tollgate.operations (id, customer_id, batch, expires_day, record) VALUES ($1, $2, 0, $3, $4)
           ON CONFLICT (id) DO UPDATE SET expires_day = excluded.expires_day, record = excluded.record`,
    values: [operation.id, operation.customerId, Math.ceil(operation.expiresAt / DAY_MS), JSON.stringify(operation)],
  })
}
