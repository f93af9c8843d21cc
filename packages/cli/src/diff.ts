import { catalogDrift } from '@tollgate/server/autumn'
import { Command } from 'commander'
import { Fault, reporting, sentenceOf } from './fault.ts'
import { loadCatalog } from './loadCatalog.ts'

interface DiffOptions {
  readonly url?: string
  readonly key: string
  readonly catalog: string
}

/** `tollgate diff`: whether Autumn has what the registry declares. Ends with status 1 when they differ. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('compare the registry with what Autumn has')
    .requiredOption('-c, --catalog <file>', "module that exports 'features' and 'plans'")
    .requiredOption('-k, --key <key>', "Autumn's secret key of one environment", process.env['AUTUMN_SECRET_KEY'])
    .option('-u, --url <url>', 'where Autumn answers; its own cloud when it is left out')
    .action(reporting(diff))
}

async function diff({ url, key, catalog }: DiffOptions): Promise<void> {
  const { features, plans } = await loadCatalog(catalog)
  const drift = await catalogDrift({ secretKey: key, features, plans, ...(url !== undefined && { url }) }).catch((error: unknown) => {
    throw new Fault(sentenceOf(error))
  })
  for (const sentence of drift) process.stdout.write(`${sentence}\n`)
  if (drift.length > 0) throw new Fault(`${drift.length} differences`)
  process.stdout.write('the registry and Autumn agree\n')
}
