import type { inferOutput } from '@trpc/tanstack-react-query'
import { csvOf } from '../../csv.ts'
import { client, type trpc } from '../client.ts'
import { saveFile } from '../studio/saveFile.ts'

export type LedgerReceipt = inferOutput<typeof trpc.usage.receipts>['items'][number]

export interface ReceiptFilter {
  readonly featureId?: string
  readonly search?: string
}

const PAGE = 100

/** Writes all receipts that fit into a CSV file: a line for each payment. */
export async function saveReceipts(filter: ReceiptFilter): Promise<void> {
  const receipts: LedgerReceipt[] = []
  let cursor: string | null = null
  do {
    const page: inferOutput<typeof trpc.usage.receipts> = await client.usage.receipts.query({ ...filter, limit: PAGE, cursor })
    receipts.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  const header = ['time', 'operation', 'procedure', 'kind', 'feature', 'units', 'paid from', 'amount', 'plan', 'grant']
  saveFile('receipts.csv', new Blob([csvOf([header, ...receipts.flatMap(linesOf)])], { type: 'text/csv' }))
}

function linesOf({ at, operationId, procedure, kind, items }: LedgerReceipt): readonly (readonly string[])[] {
  const call = [new Date(at).toISOString(), operationId, procedure ?? '', kind]
  return items.flatMap(({ featureId, units, payments }) => {
    const use = [...call, featureId, String(units)]
    if (payments.length === 0) return [[...use, '', '', '', '']]
    return payments.map(({ poolId, amount, planId, grantId }) => [...use, poolId, String(amount), planId ?? '', grantId])
  })
}
