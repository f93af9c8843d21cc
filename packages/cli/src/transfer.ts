import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { exportLedger, importLedger, type LedgerCounts } from '@tollgate/engine'
import { openStore } from '@tollgate/engine/store'
import { Command } from 'commander'
import { counted } from './counted.ts'
import { Fault, reporting, sentenceOf } from './fault.ts'
import { withLedger } from './openLedger.ts'

/** `tollgate export`: a customer, or everything, as lines of JSON. */
export function exportCommand(): Command {
  return new Command('export')
    .summary('write a ledger as JSON Lines')
    .description('Writes what a ledger holds of one customer, or of all, as JSON Lines: a line for each customer, entry and operation.')
    .requiredOption('--url <store>', 'the ledger: file:usage.db or postgres://user@host/database')
    .option('--customer <id>', 'only this customer')
    .option('--out <file>', 'where to write (default: standard output)')
    .addHelpText('after', '\nExample:\n  tollgate export --url file:usage.db --customer acme --out acme.jsonl')
    .action(reporting(runExport))
}

/** `tollgate import`: what `export` wrote, into another store. */
export function importCommand(): Command {
  return new Command('import')
    .summary('read what export wrote into another ledger')
    .description(
      'Reads what export wrote into another ledger, which is made when it is not there. A customer who is there already must be the same.',
    )
    .requiredOption('--url <store>', 'the ledger to write to: file:usage.db or postgres://user@host/database')
    .option('--in <file>', 'what to read (default: standard input)')
    .addHelpText('after', '\nExample:\n  tollgate export --url file:usage.db | tollgate import --url postgres://localhost/usage')
    .action(reporting(runImport))
}

async function runExport({
  url,
  customer,
  out,
}: {
  readonly url: string
  readonly customer?: string
  readonly out?: string
}): Promise<void> {
  await withLedger(url, async (store) => {
    const lines = exportLedger(store, customer === undefined ? {} : { customerId: customer })
    const text = Readable.from(withNewlines(lines))
    await pipeline(text, out === undefined ? process.stdout : createWriteStream(out), { end: out !== undefined })
  }).catch(fault)
}

async function* withNewlines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}

async function runImport({ url, in: path }: { readonly url: string; readonly in?: string }): Promise<void> {
  if (url === 'memory:') throw new Fault('memory: would forget what it read: name a file: or postgres:// store')
  const store = await openStore(url, Date.now).catch(fault)
  try {
    const input = path === undefined ? process.stdin : createReadStream(path)
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
    const { imported, present } = await importLedger(store, lines)
    const there =
      present.customers === 0 ? '' : `; ${present.customers} ${present.customers === 1 ? 'was' : 'were'} there already, the same`
    process.stdout.write(`imported ${countsOf(imported)}${there}\n`)
  } catch (error) {
    fault(error)
  } finally {
    await store.close()
  }
}

function countsOf({ customers, entries, operations }: LedgerCounts): string {
  return [
    counted(customers, 'customer', 'customers'),
    counted(entries, 'entry', 'entries'),
    counted(operations, 'operation', 'operations'),
  ].join(', ')
}

/** What went wrong is in the file or in the store, and is told in its sentence. */
function fault(error: unknown): never {
  throw error instanceof Fault ? error : new Fault(sentenceOf(error), { cause: error })
}
