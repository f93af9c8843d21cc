import { cursorAfter, parseCursor } from '../operationCursor.ts'
import type { Beginning, BeginningOperation, DoneOperation, OperationQuery, OperationRecord } from '../outboxStore.ts'
import { operationRecord } from '../rows.ts'
import type { Connections } from './connect.ts'

/** Who writes, and when. */
export interface Author {
  readonly owner: string
  /** Whether the process of another owner still runs. */
  lives(owner: string): boolean
  clock(): number
}

/** The operations of an outbox file. `begin` and `finish` run inside the caller's transaction. */
export function operationBook({ durable, relaxed }: Connections, { owner, lives, clock }: Author) {
  const read = relaxed.prepare('SELECT * FROM operation WHERE id = ?')
  const begin = relaxed.prepare(
    `INSERT OR REPLACE INTO operation (id, customer_id, entity_id, procedure, fingerprint, status, hold_id, owner, expires_at, at)
     VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?, ?)`,
  )
  const finish = durable.prepare(
    `UPDATE operation SET status = 'done', at = ?, kind = ?, items = ?, answer = ? WHERE id = ? AND hold_id = ? AND status = 'running'`,
  )
  const prolong = relaxed.prepare(`UPDATE operation SET expires_at = ? WHERE id = ? AND hold_id = ? AND status = 'running'`)
  const abandon = relaxed.prepare(`DELETE FROM operation WHERE id = ? AND hold_id = ? AND status = 'running'`)
  const prune = relaxed.prepare('DELETE FROM operation WHERE at < ? AND expires_at < ?')
  const page = relaxed.prepare(
    `SELECT * FROM operation WHERE status = 'done' AND customer_id = ? AND (? IS NULL OR entity_id = ?)
     AND (at < ? OR (at = ? AND id < ?)) ORDER BY at DESC, id DESC LIMIT ?`,
  )

  return {
    begin(operation: BeginningOperation): Beginning {
      const known = read.get(operation.id)
      if (known?.['status'] === 'done') {
        if (known['fingerprint'] !== operation.fingerprint) return { kind: 'conflict' }
        return { kind: 'done', answer: operationRecord(known).answer }
      }
      if (known !== undefined && Number(known['expires_at']) > clock() && lives(String(known['owner']))) {
        return { kind: known['fingerprint'] === operation.fingerprint ? 'running' : 'conflict' }
      }
      const { id, customerId, entityId, procedure, fingerprint, holdId, expiresAt } = operation
      begin.run(id, customerId, entityId, procedure, fingerprint, holdId, owner, expiresAt, clock())
      return { kind: 'begun' }
    },
    /** `superseded`: the operation was begun anew by another call; `repeated`: the same call has finished it before. */
    finish({ id, holdId, at, kind, items, answer }: DoneOperation): 'finished' | 'repeated' | 'superseded' {
      if (finish.run(at, kind, JSON.stringify(items), answer, id, holdId).changes === 1) return 'finished'
      const row = read.get(id)
      return row?.['status'] === 'done' && row['hold_id'] === holdId ? 'repeated' : 'superseded'
    },
    prolong(operationId: string, holdId: string, expiresAt: number): void {
      prolong.run(expiresAt, operationId, holdId)
    },
    abandon(operationId: string, holdId: string): void {
      abandon.run(operationId, holdId)
    },
    get(id: string): OperationRecord | null {
      const row = read.get(id)
      return row?.['status'] === 'done' ? operationRecord(row) : null
    },
    page({ customerId, entityId, limit, cursor }: OperationQuery) {
      const { at, id } = parseCursor(cursor)
      const rows = page.all(customerId, entityId, entityId, at, at, id, limit + 1)
      const items = rows.slice(0, limit).map(operationRecord)
      return { items, nextCursor: rows.length > limit ? cursorAfter(items) : null }
    },
    prune(before: number): void {
      prune.run(before, clock())
    },
  }
}
