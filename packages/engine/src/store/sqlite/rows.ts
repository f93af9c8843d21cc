import type { DatabaseSync, SQLInputValue } from 'node:sqlite'

/** Puts rows into a table, over those with the same key: values one after the other, `width` of them to a row. */
export type PutRows = (values: readonly SQLInputValue[]) => void

/** How many rows share a statement. */
const ROWS = 32

/** Most of what a small row costs is the statement, so that many rows share one. */
export function createPutRows(database: DatabaseSync, table: string, width: number): PutRows {
  const row = `(${Array.from({ length: width }, () => '?').join(', ')})`
  const rows = (count: number): string => `INSERT OR REPLACE INTO ${table} VALUES ${Array.from({ length: count }, () => row).join(', ')}`
  const putMany = database.prepare(rows(ROWS))
  const putOne = database.prepare(rows(1))

  return (values) => {
    let first = 0
    for (; first + ROWS * width <= values.length; first += ROWS * width) putMany.run(...values.slice(first, first + ROWS * width))
    for (; first < values.length; first += width) putOne.run(...values.slice(first, first + width))
  }
}
