import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { trpc, useCustomer } from '../client.ts'
import { PageHeader } from '../components/PageHeader.tsx'
import { Skeleton } from '../components/Skeleton.tsx'
import { ReceiptsTable } from '../usage/ReceiptsTable.tsx'
import { UsageMeters } from '../usage/UsageMeters.tsx'
import { UsageOverTime } from '../usage/UsageOverTime.tsx'

/** What is left, what was used when, and what every call cost. */
export function UsagePage() {
  const customer = useCustomer()
  useFreshReadings(customer.version)
  return (
    <>
      <PageHeader title="Usage">What is left of your plan, when it comes back, and what every call cost.</PageHeader>
      <div className="flex flex-col gap-6">
        <UsageMeters />
        {customer.status === 'ready' ? (
          <>
            <UsageOverTime now={customer.at} />
            <ReceiptsTable now={customer.at} />
          </>
        ) : (
          customer.status === 'loading' && <Skeleton className="h-96" />
        )}
      </div>
    </>
  )
}

/** Reads the chart and the receipts again when the ledger has grown. */
function useFreshReadings(version: number | undefined): void {
  const queryClient = useQueryClient()
  useEffect(() => {
    if (version === undefined) return
    void queryClient.invalidateQueries(trpc.usage.history.queryFilter())
    void queryClient.invalidateQueries(trpc.usage.receipts.pathFilter())
  }, [queryClient, version])
}
