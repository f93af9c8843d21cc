import { type Store, StoreUnavailableError } from '../store/store.ts'
import { createLedgerImport, type LedgerImport } from './ledgerImport.ts'
import { type LedgerCounts, parseLedgerLine } from './ledgerLine.ts'

export interface ImportOptions {
  /** Hears what was read so far, after each customer. */
  readonly onProgress?: (read: LedgerCounts) => void
}

export interface ImportResult {
  /** What was written. */
  readonly imported: LedgerCounts
  /** What the store held already, exactly as the file has it. */
  readonly present: LedgerCounts
}

/** A ledger file that cannot be imported, or not into this store. */
export class LedgerFileError extends Error {
  override readonly name = 'LedgerFileError'
  /** Counts from 1. */
  readonly line: number

  constructor(line: number, fault: string, options?: ErrorOptions) {
    super(`line ${line}: ${fault}`, options)
    this.line = line
  }
}

/**
 * Writes what `exportLedger` read into a store, which keeps what it holds.
 *
 * Every line is checked, every balance derived anew. A customer is imported whole or not at all: one that the store has must have exactly the
 * file's entries. Throws a `LedgerFileError` that names the first line that is wrong; the customers before it are imported then, and the same
 * file may be imported again once it was mended. A customer's entries are held in memory until the last was read.
 */
export async function importLedger(
  store: Store,
  lines: AsyncIterable<string> | Iterable<string>,
  { onProgress }: ImportOptions = {},
): Promise<ImportResult> {
  const ledgerImport = createLedgerImport(store)
  const { imported, present } = ledgerImport
  let line = 0
  for await (const text of lines) {
    line += 1
    try {
      const parsed = parseLedgerLine(text)
      await ledgerImport.take(parsed)
      if (parsed.kind !== 'entry') onProgress?.(sumOf(imported, present))
    } catch (error) {
      throw await failing(ledgerImport, line, error)
    }
  }
  if (!ledgerImport.ended) throw await failing(ledgerImport, line + 1, new Error('the file ends before its last line: it was cut off'))
  return { imported, present }
}

function sumOf(a: LedgerCounts, b: LedgerCounts): LedgerCounts {
  return { customers: a.customers + b.customers, entries: a.entries + b.entries, operations: a.operations + b.operations }
}

/** Writes what was whole before the line that failed. */
async function failing(ledgerImport: LedgerImport, line: number, error: unknown): Promise<unknown> {
  if (error instanceof StoreUnavailableError) return error
  await ledgerImport.flush()
  return new LedgerFileError(line, error instanceof Error ? error.message : String(error), { cause: error })
}
