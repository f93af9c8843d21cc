import { verify } from '@tollgate/engine'
import { Command } from 'commander'
import { counted } from './counted.ts'
import { reporting } from './fault.ts'
import { withLedger } from './openLedger.ts'
import { progressBar } from './progressBar.ts'

interface VerifyOptions {
  readonly url: string
  readonly customer?: string
  readonly json: boolean
}

/** `tollgate verify`: derives every balance from its entries anew, and compares. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'Re-derive every balance from the ledger and check that no unit was lost or made; exits 1 and names the first broken entry',
    )
    .requiredOption('--url <store>', 'the ledger: file:usage.db or postgres://user@host/database')
    .option('--customer <id>', 'only this customer')
    .option('--json', 'print what was found as JSON', false)
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
