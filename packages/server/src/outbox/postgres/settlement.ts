import type { NamedStatement } from '@tollgate/engine/postgres'
import type { NewDelivery, SettledAs, SettledCall } from '../outboxStore.ts'
import type { Connections } from './connect.ts'
import { CLAIM_MS } from './deliveryQueue.ts'
import type { Owner } from './owner.ts'

// One statement for all calls of a turn, so one round trip and one wait for the disk. Calls are told apart by their number; one without an
// operation has nothing to end, and is settled whatever happens. `repeated` are those that an attempt has settled whose answer was lost.
const SETTLE: NamedStatement = {
  name: 'outbox_settle',
  text: `WITH call AS (
      SELECT * FROM json_to_recordset($1::json) AS call
        (n integer, id text, hold_id text, at bigint, kind text, items text, answer text)),
    finished AS (
      UPDATE tollgate_outbox.operations AS known
      SET status = 'done', at = call.at, kind = call.kind, items = call.items, answer = call.answer
      FROM call WHERE known.id = call.id AND known.hold_id = call.hold_id AND known.status = 'running' RETURNING call.n),
    repeated AS (
      SELECT call.n FROM call JOIN tollgate_outbox.operations AS known USING (id, hold_id) WHERE known.status = 'done'),
    free AS (SELECT n FROM call WHERE id IS NULL),
    lease_use AS (
      SELECT * FROM json_to_recordset($2::json) AS lease_use
        (n integer, lock_id text, amount numeric, key text, customer_id text, operation_id text, body text, at bigint)
      WHERE n IN (SELECT n FROM finished UNION ALL SELECT n FROM free)),
    spent AS (
      UPDATE tollgate_outbox.leases AS lease SET spent = lease.spent + used.amount
      FROM (SELECT lock_id, sum(amount) AS amount FROM lease_use GROUP BY lock_id) AS used
      WHERE lease.lock_id = used.lock_id RETURNING lease.lock_id),
    recorded AS (
      SELECT key, customer_id, operation_id, body, at, not_before FROM json_to_recordset($3::json) AS delivery
        (n integer, key text, customer_id text, operation_id text, body text, at bigint, not_before bigint)
      WHERE n IN (SELECT n FROM finished UNION ALL SELECT n FROM free)
      UNION ALL
      SELECT key, customer_id, operation_id, body, at, NULL FROM lease_use WHERE lock_id NOT IN (SELECT lock_id FROM spent)),
    added AS (
      INSERT INTO tollgate_outbox.deliveries (key, customer_id, operation_id, body, at, next_at, claimed_by, claimed_until)
      SELECT key, customer_id, operation_id, body, at, coalesce(not_before, at),
        CASE WHEN not_before IS NULL THEN $4 END, CASE WHEN not_before IS NULL THEN $5::bigint ELSE 0 END
      FROM recorded ON CONFLICT (key) DO NOTHING)
    SELECT n, NULL AS lock_id, 'settled' AS became FROM finished
    UNION ALL SELECT n, NULL, 'settled' FROM free
    UNION ALL SELECT n, NULL, 'repeated' FROM repeated
    UNION ALL SELECT NULL, lock_id, 'spent' FROM spent`,
}

/** Records what calls leave behind, in one step; what it is answered is on the disk. */
export function settlement({ durable }: Connections, owner: Owner, clock: () => number) {
  return async (calls: readonly SettledCall[]): Promise<readonly SettledAs[]> => {
    const ended = calls.map(({ operation }, n) => ({
      n,
      id: operation?.id ?? null,
      hold_id: operation?.holdId ?? null,
      at: operation?.at ?? null,
      kind: operation?.kind ?? null,
      items: operation && JSON.stringify(operation.items),
      answer: operation?.answer ?? null,
    }))
    const leaseUses = calls.flatMap((call, n) =>
      call.leaseUses.map(({ lockId, amount, otherwise }) => ({
        n,
        lock_id: lockId,
        amount: String(amount),
        ...rowOf({ delivery: otherwise, notBefore: null }),
      })),
    )
    const deliveries = calls.flatMap((call, n) => call.deliveries.map((each) => ({ n, ...rowOf(each) })))
    const rows = await durable(SETTLE, ended, leaseUses, deliveries, owner.id, clock() + CLAIM_MS)
    const became = new Map(rows.flatMap(({ n, became: how }) => (n === null ? [] : [[Number(n), how] as const])))
    const spent = new Set(rows.flatMap(({ lock_id: lockId }) => (lockId === null ? [] : [String(lockId)])))
    return calls.map((call, n) => {
      const how = became.get(n)
      if (how === undefined) return { kind: 'superseded' }
      // What an attempt recorded in the place of lease uses is in the table, and is sent from there.
      const instead = how === 'repeated' ? [] : call.leaseUses.filter(({ lockId }) => !spent.has(lockId))
      const atOnce = call.deliveries.filter(({ notBefore }) => notBefore === null)
      return { kind: 'settled', deliveries: [...atOnce.map(({ delivery }) => delivery), ...instead.map(({ otherwise }) => otherwise)] }
    })
  }
}

function rowOf({ delivery, notBefore }: NewDelivery) {
  const { key, customerId, operationId, at } = delivery
  return { key, customer_id: customerId, operation_id: operationId, body: JSON.stringify(delivery), at, not_before: notBefore }
}
