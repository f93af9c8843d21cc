import type { DatabaseSync } from 'node:sqlite'
import type { Operation } from '../../core/command.ts'
import { HASHES, operationHash } from './operationHash.ts'
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
  /** How many ids are noted that were not folded. */
  readonly unfolded: number
  /** Takes what was noted, to be folded. Until `drop` is called it is found in memory. */
  take(): TakenOperations
}

export interface TakenOperations {
  /** Each bucket's hashes lie above those of the bucket before. */
  readonly buckets: readonly (readonly OperationPlace[])[]
  drop(): void
}

export interface OperationPlace {
  readonly hash: number
  position: number
}

/** How many parts the places are sorted in: few enough places in each that sorting one never takes long. */
const BUCKETS = 64

export function createOperationIndex(database: DatabaseSync, table: OperationTable): OperationIndex {
  const seed = Number(database.prepare('SELECT hash_seed FROM fold_mark').get()?.['hash_seed'])
  const select = database.prepare('SELECT position FROM operation_positions WHERE hash = ? ORDER BY position DESC')
  const hashOf = (operationId: string): number => operationHash(operationId, seed)
  let noted = emptyNotes()
  let taken: ReadonlyMap<string, OperationPlace> | null = null

  return {
    hashOf,
    get unfolded() {
      return noted.byId.size
    },
    isLast(operationId, position) {
      const place = noted.byId.get(operationId) ?? taken?.get(operationId)
      if (place !== undefined) return place.position === position
      // Nothing newer stands in the table under the same hash, or it is of another id.
      return select
        .all(hashOf(operationId))
        .map((row) => Number(row['position']))
        .filter((other) => other > position)
        .every((other) => table.read(other)?.id !== operationId)
    },
    find(operationId) {
      const place = noted.byId.get(operationId) ?? taken?.get(operationId)
      if (place !== undefined) return table.read(place.position)
      const hash = hashOf(operationId)
      // Nearly every id is new: the first look must be cheap. Another id under the same hash is passed over.
      if (select.get(hash) === undefined) return null
      const records = select.all(hash).map((row) => table.read(Number(row['position'])))
      return records.find((record) => record?.id === operationId) ?? null
    },
    note(operationId, position) {
      const known = noted.byId.get(operationId)
      if (known !== undefined) {
        known.position = position
        return
      }
      const place = { hash: hashOf(operationId), position }
      noted.byId.set(operationId, place)
      noted.buckets[Math.floor((place.hash / HASHES) * BUCKETS)]?.push(place)
    },
    take() {
      const { byId, buckets } = noted
      noted = emptyNotes()
      taken = byId
      return {
        buckets,
        drop() {
          taken = null
        },
      }
    },
  }
}

function emptyNotes(): { readonly byId: Map<string, OperationPlace>; readonly buckets: readonly OperationPlace[][] } {
  return { byId: new Map(), buckets: Array.from({ length: BUCKETS }, () => []) }
}
