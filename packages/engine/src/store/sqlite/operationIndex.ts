import type { DatabaseSync } from 'node:sqlite'
import type { Operation } from '../../core/command.ts'
import { operationHash } from './operationHash.ts'
import { createOperationNotes, type OperationNotes } from './operationNotes.ts'
import type { OperationTable } from './operationTable.ts'

/** Finds the record of an operation id: the newest in memory, those that were folded in their table. */
export interface OperationIndex {
  find(operationId: string): Operation | null
  /** Whether a record is the last of its id. */
  isLast(operationId: string, position: number): boolean
  /** The hash under which an id is folded. */
  hashOf(operationId: string): number
  /** Notes where the newest record of an id stands. */
  note(operationId: string, position: number): void
  /** How many ids are noted that no fold has taken. */
  readonly unfolded: number
  /** Takes what was noted, to be folded. Until `drop` is called it is found in memory. */
  take(): TakenOperations
}

export interface TakenOperations {
  readonly notes: OperationNotes
  drop(): void
}

export function createOperationIndex(database: DatabaseSync, table: OperationTable): OperationIndex {
  const seed = Number(database.prepare('SELECT hash_seed FROM fold_mark').get()?.['hash_seed'])
  const select = database.prepare('SELECT position FROM operation_positions WHERE hash = ? ORDER BY position DESC')
  const hashOf = (operationId: string): number => operationHash(operationId, seed)
  let noted = createOperationNotes()
  /** What a fold is at work on: older than what is noted. */
  let taken: OperationNotes | null = null

  const inMemory = (operationId: string, hash: number): number | null =>
    noted.positionOf(operationId, hash) ?? taken?.positionOf(operationId, hash) ?? null

  return {
    hashOf,
    get unfolded() {
      return noted.length
    },
    isLast(operationId, position) {
      const hash = hashOf(operationId)
      const known = inMemory(operationId, hash)
      if (known !== null) return known === position
      // Nothing newer stands in the table under the same hash, or it is of another id.
      return select
        .all(hash)
        .map((row) => Number(row['position']))
        .filter((other) => other > position)
        .every((other) => table.read(other)?.id !== operationId)
    },
    find(operationId) {
      const hash = hashOf(operationId)
      const known = inMemory(operationId, hash)
      if (known !== null) return table.read(known)
      // Nearly every id is new: the first look must be cheap. Another id under the same hash is passed over.
      if (select.get(hash) === undefined) return null
      const records = select.all(hash).map((row) => table.read(Number(row['position'])))
      return records.find((record) => record?.id === operationId) ?? null
    },
    note(operationId, position) {
      noted.set(operationId, hashOf(operationId), position)
    },
    take() {
      const notes = noted
      taken = notes
      noted = createOperationNotes()
      return {
        notes,
        drop() {
          taken = null
        },
      }
    },
  }
}
