import type { NamedStatement } from '@tollgate/engine/postgres'
import { inTurns } from '../inTurns.ts'
import { cursorAfter, parseCursor } from '../operationCursor.ts'
import type { Beginning, BeginningOperation, OperationQuery, OperationRecord } from '../outboxStore.ts'
import { operationRecord, type Row } from '../rows.ts'
import type { Connections } from './connect.ts'
import type { Owner } from './owner.ts'

// An id is free again once its call is over its time, or once the process that ran it is gone.
const BEGIN: NamedStatement = {
  name: 'outbox_begin',
  text: `INSERT INTO tollgate_outbox.operations AS known
      (id, customer_id, entity_id, procedure, fingerprint, status, hold_id, owner, expires_at, at)
    SELECT id, customer_id, entity_id, procedure, fingerprint, 'running', hold_id, $2, expires_at, $3
    FROM json_to_recordset($1::json) AS beginning
      (id text, customer_id text, entity_id text, procedure text, fingerprint text, hold_id text, expires_at bigint)
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET customer_id = excluded.customer_id, entity_id = excluded.entity_id, procedure = excluded.procedure,
      fingerprint = excluded.fingerprint, hold_id = excluded.hold_id, owner = excluded.owner, expires_at = excluded.expires_at, at = excluded.at
    WHERE known.status = 'running' AND (known.expires_at <= $3 OR (known.owner <> $2 AND NOT EXISTS
      (SELECT 1 FROM tollgate_outbox.owners WHERE owners.id = known.owner AND owners.alive_until > $3)))
    RETURNING id`,
}

const STANDING: NamedStatement = {
  name: 'outbox_standing',
  text: 'SELECT id, status, hold_id, fingerprint, answer FROM tollgate_outbox.operations WHERE id = ANY($1::text[])',
}

const PROLONG: NamedStatement = {
  name: 'outbox_prolong',
  text: `UPDATE tollgate_outbox.operations SET expires_at = $3 WHERE id = $1 AND hold_id = $2 AND status = 'running'`,
}

const ABANDON: NamedStatement = {
  name: 'outbox_abandon',
  text: `DELETE FROM tollgate_outbox.operations WHERE id = $1 AND hold_id = $2 AND status = 'running'`,
}

const READ: NamedStatement = {
  name: 'outbox_operation',
  text: `SELECT * FROM tollgate_outbox.operations WHERE id = $1 AND status = 'done'`,
}

const PAGE: NamedStatement = {
  name: 'outbox_operations',
  text: `SELECT * FROM tollgate_outbox.operations WHERE status = 'done' AND customer_id = $1 AND ($2::text IS NULL OR entity_id = $2)
    AND (at, id) < ($3::bigint, $4::text) ORDER BY at DESC, id DESC LIMIT $5`,
}

const PRUNE: NamedStatement = {
  name: 'outbox_prune',
  text: `WITH gone AS (DELETE FROM tollgate_outbox.owners WHERE alive_until < $1)
    DELETE FROM tollgate_outbox.operations WHERE at < $1 AND expires_at < $2`,
}

/** The operations of an outbox. */
export function operationBook({ relaxed }: Connections, owner: Owner, clock: () => number) {
  /** What stands in the way of those that could not begin. Empty for one that has vanished meanwhile. */
  const standing = async (operations: readonly BeginningOperation[]): Promise<ReadonlyMap<string, Row>> => {
    if (operations.length === 0) return new Map()
    const rows = await relaxed(
      STANDING,
      operations.map(({ id }) => id),
    )
    return new Map(rows.map((row) => [String(row['id']), row]))
  }

  const beginAll = async (operations: readonly BeginningOperation[]): Promise<readonly Beginning[]> => {
    const rows = operations.map(({ id, customerId, entityId, procedure, fingerprint, holdId, expiresAt }) => ({
      id,
      customer_id: customerId,
      entity_id: entityId,
      procedure,
      fingerprint,
      hold_id: holdId,
      expires_at: expiresAt,
    }))
    // A statement cannot meet one id twice: of two that begin at once, the first does, and the second finds it.
    const firsts = [...new Map(rows.toReversed().map((row) => [row.id, row])).values()]
    const firstHolds = new Set(firsts.map((row) => row.hold_id))
    const begun = new Set((await relaxed(BEGIN, firsts, owner.id, clock())).map((row) => String(row['id'])))
    const isBegun = ({ id, holdId }: BeginningOperation): boolean => begun.has(id) && firstHolds.has(holdId)
    const found = await standing(operations.filter((operation) => !isBegun(operation)))
    return operations.map((operation) => (isBegun(operation) ? { kind: 'begun' } : beginningAt(operation, found.get(operation.id))))
  }

  const beginInTurn = inTurns(beginAll)

  return {
    async begin(operation: BeginningOperation): Promise<Beginning> {
      await owner.enter()
      return beginInTurn(operation)
    },
    async prolong(operationId: string, holdId: string, expiresAt: number): Promise<void> {
      await relaxed(PROLONG, operationId, holdId, expiresAt)
    },
    async abandon(operationId: string, holdId: string): Promise<void> {
      await relaxed(ABANDON, operationId, holdId)
    },
    async get(id: string): Promise<OperationRecord | null> {
      const [row] = await relaxed(READ, id)
      return row === undefined ? null : operationRecord(row)
    },
    async page({ customerId, entityId, limit, cursor }: OperationQuery) {
      const { at, id } = parseCursor(cursor)
      const rows = await relaxed(PAGE, customerId, entityId, at, id, limit + 1)
      const items = rows.slice(0, limit).map(operationRecord)
      return { items, nextCursor: rows.length > limit ? cursorAfter(items) : null }
    },
    async prune(before: number): Promise<void> {
      await relaxed(PRUNE, before, clock())
    },
  }
}

function beginningAt(operation: BeginningOperation, row: Row | undefined): Beginning {
  // Gone in between: whoever asks again may begin.
  if (row === undefined) return { kind: 'running' }
  // Begun by an attempt of our own whose answer was lost.
  if (row['hold_id'] === operation.holdId && row['status'] === 'running') return { kind: 'begun' }
  if (row['fingerprint'] !== operation.fingerprint) return { kind: 'conflict' }
  if (row['status'] === 'running') return { kind: 'running' }
  return { kind: 'done', answer: row['answer'] === null ? null : String(row['answer']) }
}
