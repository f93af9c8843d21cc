import { verify } from '@tollgate/engine'
import { Command } from 'commander'
import { counted } from './counted.ts'
import { reporting } from './fault.ts'
import { withLedger } from './openLedger.ts'
import { progressBar } from './progressBar.ts'

interface VerifyOptions {
  readonly url: string
  readonly customer?: string
  readonly json?: boolean
}

const help = `
Exit status: 0 everything adds up, 1 something is broken (the first broken entry is named) or the ledger cannot be read.

Example:
  tollgate verify --url file:usage.db`

/** `tollgate verify`: derives every balance from its entries anew, and compares. */
export function verifyCommand(): Command {
  return new Command('verify')
    .summary('check that no unit was lost or made')
    .description('Derives every balance from the entries of a ledger anew, and checks that no unit was lost or made.')
    .requiredOption('--url <store>', 'the ledger: file:usage.db or postgres://user@host/database')
    .option('--customer <id>', 'only this customer')
    .option('--json', 'write what was found as JSON')
    .addHelpText('after', help)
    .action(reporting(run))
}

async function run({ url, customer, json }: VerifyOptions): Promise<void> {
  const bar = progressBar('verifying')
  const found = await withLedger(url, (store) =>
    verify(store, {
      ...(customer === undefined ? {} : { customerId: customer }),
      onProgress: (done, all) => bar.update(done.entries, all.entries),
    }),
  ).finally(() => bar.stop())
  const [first] = found.faults
  if (json) process.stdout.write(`${JSON.stringify(found)}\n`)
  else if (first === undefined)
    process.stdout.write(
      `${counted(found.entries, 'entry', 'entries')} of ${counted(found.customers, 'customer', 'customers')}: everything adds up\n`,
    )
  else
    process.stdout.write(
      `${placeOf(first)}${first.message}${found.faults.length > 1 ? `, and ${counted(found.faults.length - 1, 'customer', 'customers')} more` : ''}\n`,
    )
  if (first !== undefined) process.exitCode = 1
}

function placeOf({ customerId, seq }: { readonly customerId: string | null; readonly seq: number | null }): string {
  return customerId === null || seq === null ? 'broken: ' : `broken at entry ${seq} of customer '${customerId}': `
}
