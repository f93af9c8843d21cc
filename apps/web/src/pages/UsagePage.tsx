import { useQueryClient } from '@tanstack/react-query'
import { CloudOff } from 'lucide-react'
import { useEffect } from 'react'
import { trpc, useCustomer } from '../client.ts'
import { Card } from '../components/Card.tsx'
import { EmptyState } from '../components/EmptyState.tsx'
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
        ) : customer.status === 'loading' ? (
          <>
            <Card title="Over time">
              <Skeleton className="h-84" />
            </Card>
            <Card title="Receipts">
              <Skeleton className="h-80" />
            </Card>
          </>
        ) : (
          <EmptyState icon={CloudOff} title="Usage cannot be shown right now">
            It was counted all the same, and is here as soon as it can be read.
          </EmptyState>
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
