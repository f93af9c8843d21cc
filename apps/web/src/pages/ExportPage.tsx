import { useMutation, useQuery } from '@tanstack/react-query'
import { Archive, Download } from 'lucide-react'
import { trpc, useGate } from '../client.ts'
import { Button } from '../components/Button.tsx'
import { Card } from '../components/Card.tsx'
import { EmptyState } from '../components/EmptyState.tsx'
import { Notice } from '../components/Notice.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { Skeleton } from '../components/Skeleton.tsx'
import { SpendNotice } from '../components/SpendNotice.tsx'
import { formatMoment, formatUnits } from '../format.ts'
import { messageOf } from '../messageOf.ts'
import { blobOf, saveFile } from '../studio/saveFile.ts'

const file = { singular: 'file', plural: 'files' }

/** All of an organisation's work in one archive, on plans that have it. */
export function ExportPage() {
  const prospect = useGate(trpc.exports.works)
  const texts = useQuery(trpc.texts.list.queryOptions())
  const exportWorks = useMutation(
    trpc.exports.works.mutationOptions({ onSuccess: ({ name, type, base64 }) => saveFile(name, blobOf(base64, type)) }),
  )
  return (
    <>
      <PageHeader title="Export">Take your work with you: pictures as SVG, texts as Markdown, and a table of contents as CSV.</PageHeader>
      <div className="grid items-start gap-6 xl:grid-cols-2">
        <Card title="Archive">
          <div className="flex flex-col items-start gap-5">
            <p className="text-muted">Everything that your organisation made, newest first, in one ZIP file.</p>
            <Button
              look="primary"
              pending={exportWorks.isPending}
              disabled={prospect.status !== 'ready' || !prospect.allowed}
              onClick={() => exportWorks.mutate()}
            >
              {!exportWorks.isPending && <Download aria-hidden="true" />}
              Download the archive
            </Button>
            {/* Room for either, so that nothing below moves when it is known. */}
            <div className="min-h-29.5 w-full">
              <SpendNotice prospect={prospect} units={1} error={exportWorks.error} />
              {exportWorks.isSuccess && (
                <Notice kind="good">
                  {exportWorks.data.name} with {formatUnits(exportWorks.data.works, file)} is in your downloads.
                </Notice>
              )}
            </div>
          </div>
        </Card>
        <Card title="Texts">{texts.error ? <Notice kind="bad">{messageOf(texts.error)}</Notice> : <TextList texts={texts.data} />}</Card>
      </div>
    </>
  )
}

interface KeptText {
  readonly id: string
  readonly kind: string
  readonly title: string
  readonly madeBy: string
  readonly madeAt: number
}

function TextList({ texts }: { readonly texts: readonly KeptText[] | undefined }) {
  if (texts === undefined) return <Skeleton className="h-56" />
  if (texts.length === 0)
    return (
      <EmptyState icon={Archive} title="No texts yet">
        Briefings and summaries that you write are kept, and come with the archive.
      </EmptyState>
    )
  return (
    <ul>
      {texts.map(({ id, kind, title, madeBy, madeAt }) => (
        <li key={id} className="border-line border-t py-3 first:border-t-0 first:pt-0 last:pb-0">
          <p className="truncate font-medium">{title}</p>
          <p className="text-caption text-muted">
            {kind === 'brief' ? 'Briefing' : 'Summary'} by {madeBy}, {formatMoment(madeAt, Date.now())}
          </p>
        </li>
      ))}
    </ul>
  )
}
