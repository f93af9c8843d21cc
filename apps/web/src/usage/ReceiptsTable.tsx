import { useInfiniteQuery } from '@tanstack/react-query'
import { featureName } from '@tollgate/features'
import { Download, ReceiptText, Search } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { features, plans } from '../../catalog.ts'
import { trpc } from '../client.ts'
import { Button } from '../components/Button.tsx'
import { Card } from '../components/Card.tsx'
import { EmptyState } from '../components/EmptyState.tsx'
import { Field, TextInput } from '../components/Field.tsx'
import { Notice } from '../components/Notice.tsx'
import { SelectField } from '../components/SelectField.tsx'
import { Skeleton } from '../components/Skeleton.tsx'
import { formatNumber, formatShortMoment } from '../format.ts'
import { messageOf } from '../messageOf.ts'
import { type FeatureKey, unitNames } from '../plans/planTerms.ts'
import { type LedgerReceipt, saveReceipts } from './saveReceipts.ts'

const filters = [
  { value: 'all', label: 'All features' },
  ...(['image_gen', 'messages', 'api_calls', 'seats'] as const).map((value) => ({ value, label: featureName(features, value) })),
] as const

const PAGE = 20

/** What each call cost and which grants paid, newest first: to be filtered, searched and taken along. */
export function ReceiptsTable({ now }: { readonly now: number }) {
  const [filter, setFilter] = useState<(typeof filters)[number]['value']>('all')
  const [search, setSearch] = useState('')
  const [saving, setSaving] = useState<'idle' | 'saving' | 'failed'>('idle')
  const asked = { ...(filter !== 'all' && { featureId: filter }), ...(search.trim() !== '' && { search: search.trim() }) }
  const deferred = useDeferredValue(JSON.stringify(asked))
  const receipts = useInfiniteQuery(
    trpc.usage.receipts.infiniteQueryOptions(
      { ...JSON.parse(deferred), limit: PAGE },
      { getNextPageParam: ({ nextCursor }) => nextCursor },
    ),
  )
  const rows = receipts.data?.pages.flatMap(({ items }) => items)
  const save = async () => {
    setSaving('saving')
    await saveReceipts(asked).then(
      () => setSaving('idle'),
      () => setSaving('failed'),
    )
  }
  return (
    <Card
      title="Receipts"
      aside={
        <Button size="small" pending={saving === 'saving'} disabled={rows === undefined || rows.length === 0} onClick={save}>
          {saving !== 'saving' && <Download aria-hidden="true" />}
          CSV
        </Button>
      }
    >
      <div className="mb-4 flex flex-wrap gap-3">
        <SelectField label="Feature" value={filter} options={filters} onChange={setFilter} className="w-44" />
        <Field label="Search" className="min-w-52 grow sm:max-w-xs">
          <span className="relative">
            <Search aria-hidden="true" className="pointer-events-none absolute top-3 left-3 size-4 text-muted" />
            <TextInput
              type="search"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
              placeholder="Procedure or operation"
              className="pl-9"
            />
          </span>
        </Field>
      </div>
      {saving === 'failed' && <Notice kind="bad">The file could not be written. Try again.</Notice>}
      {receipts.error && <Notice kind="bad">{messageOf(receipts.error)}</Notice>}
      {rows === undefined && !receipts.error && <Skeleton className="h-60" />}
      {rows?.length === 0 && (
        <EmptyState icon={ReceiptText} title={deferred === '{}' ? 'Nothing used yet' : 'No receipt fits'}>
          {deferred === '{}'
            ? 'Every call that costs something leaves a receipt here.'
            : 'Choose another feature, or search for something else.'}
        </EmptyState>
      )}
      {rows !== undefined && rows.length > 0 && <Rows rows={rows} now={now} />}
      {receipts.hasNextPage && (
        <div className="mt-4 text-center">
          <Button pending={receipts.isFetchingNextPage} onClick={() => receipts.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  )
}

function Rows({ rows, now }: { readonly rows: readonly LedgerReceipt[]; readonly now: number }) {
  return (
    <table className="w-full text-left tabular-nums" data-testid="receipts">
      <caption className="sr-only">Receipts, the newest first</caption>
      <thead className="text-caption text-muted">
        <tr>
          <th scope="col" className="py-2 pr-4 font-medium">
            When
          </th>
          <th scope="col" className="hidden py-2 pr-4 font-medium md:table-cell">
            Procedure
          </th>
          <th scope="col" className="py-2 pr-4 font-medium">
            Used
          </th>
          <th scope="col" className="py-2 font-medium">
            Paid by
          </th>
          <th scope="col" className="hidden py-2 pl-4 font-medium xl:table-cell">
            Operation
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={`${row.operationId} ${row.at} ${row.kind}`} className="border-line border-t align-top">
            <td className="py-2.5 pr-4 whitespace-nowrap text-muted">{formatShortMoment(row.at, now)}</td>
            <td className="hidden py-2.5 pr-4 md:table-cell">{row.procedure ?? '–'}</td>
            <td className="py-2.5 pr-4">
              {row.items.map(({ featureId, units }) => (
                <div key={featureId}>{usedText(featureId, units)}</div>
              ))}
              <div className="break-words text-caption text-muted md:hidden">{row.procedure}</div>
            </td>
            <td className="py-2.5">
              {row.items
                .flatMap(({ payments }) => payments)
                .map(({ grantId, poolId, planId, amount }) => (
                  <div key={`${grantId} ${poolId}`}>
                    {amountText(poolId, amount)} <span className="whitespace-nowrap text-muted">from {planName(planId)}</span>
                  </div>
                ))}
            </td>
            <td className="hidden max-w-40 truncate py-2.5 pl-4 font-mono text-caption/6 text-muted xl:table-cell" title={row.operationId}>
              {row.operationId}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function usedText(featureId: string, units: number): string {
  return `${formatNumber(units)} ${nameOfUnits(featureId, units)}`
}

function amountText(poolId: string, amount: number): string {
  return `${formatNumber(amount)} ${nameOfUnits(poolId, amount)}`
}

function nameOfUnits(id: string, units: number): string {
  if (!(id in features)) return id
  const names = unitNames(id as FeatureKey)
  return units === 1 ? names.singular : names.plural
}

function planName(planId: string | null): string {
  // Every grant of the studio comes from a plan: one without was of a plan that has ended.
  if (planId === null) return 'an earlier plan'
  return Object.values(plans).find(({ id }) => id === planId)?.name ?? planId
}
