import { catalogDrift } from '@tollgate/server/autumn'
import { Command, Option } from 'commander'
import { counted } from './counted.ts'
import { answering, Fault, NO_ANSWER, reporting, sentenceOf } from './fault.ts'
import { loadCatalog } from './loadCatalog.ts'

interface DiffOptions {
  readonly url?: string
  readonly key: string
  readonly catalog: string
}

/** `tollgate diff`: whether Autumn has what the registry declares. Ends with status 1 when they differ, and 2 when that cannot be told. */
export function diffCommand(): Command {
  return answering(
    new Command('diff')
      .summary('compare a registry with what Autumn has')
      .description('Compares a registry with what Autumn has, and names each difference.')
      .requiredOption('-c, --catalog <file>', "module that exports 'features' and 'plans'")
      .addOption(new Option('-k, --key <secret>', "Autumn's secret key of one environment").env('AUTUMN_SECRET_KEY').makeOptionMandatory())
      .option('-u, --url <url>', "where Autumn answers (default: Autumn's own cloud)")
      .addHelpText('after', help)
      .action(reporting(diff, NO_ANSWER)),
  )
}

const help = `
Exit status: 0 they agree, 1 they differ, 2 one of them could not be read.

Example:
  AUTUMN_SECRET_KEY=am_sk_test_… tollgate diff --catalog catalog.ts`

async function diff({ url, key, catalog }: DiffOptions): Promise<void> {
  const { features, plans } = await loadCatalog(catalog)
  const drift = await catalogDrift({ secretKey: key, features, plans, ...(url !== undefined && { url }) }).catch((error: unknown) => {
    throw new Fault(sentenceOf(error))
  })
  for (const sentence of drift) process.stdout.write(`${sentence}\n`)
  process.stdout.write(drift.length === 0 ? 'the registry and Autumn agree\n' : `${counted(drift.length, 'difference', 'differences')}\n`)
  if (drift.length > 0) process.exitCode = 1
}
