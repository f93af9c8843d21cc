import { useForm, useStore } from '@tanstack/react-form'
import { useMutation } from '@tanstack/react-query'
import { FileText, Scissors } from 'lucide-react'
import { messagesFor, SummarizeInput } from '../../inputs.ts'
import { trpc, useFeature } from '../client.ts'
import { Button } from '../components/Button.tsx'
import { Card } from '../components/Card.tsx'
import { CostLine } from '../components/CostLine.tsx'
import { EmptyState } from '../components/EmptyState.tsx'
import { errorOf } from '../components/errorOf.ts'
import { Field, TextArea } from '../components/Field.tsx'
import { NumberStepper } from '../components/NumberStepper.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { SpendNotice } from '../components/SpendNotice.tsx'
import { draftOf, keepDraft } from '../drafts.ts'
import { formatNumber } from '../format.ts'
import { SummaryText } from '../studio/SummaryText.tsx'
import { sampleText } from '../studio/sampleText.ts'

/** Summaries in a text's own sentences: a message for every 4,000 characters. */
export function SummariesPage() {
  const summarize = useMutation(trpc.texts.summarize.mutationOptions())
  const form = useForm({
    defaultValues: draftOf('summary', { text: sampleText, sentences: 3 }),
    validators: { onSubmit: SummarizeInput },
    listeners: { onChange: ({ formApi }) => keepDraft('summary', formApi.state.values) },
    onSubmit: ({ value }) => summarize.mutate({ ...value, text: value.text.trim() }),
  })
  const text = useStore(form.store, ({ values }) => values.text)
  const cost = messagesFor(text)
  const prospect = useFeature('messages', { units: cost })
  return (
    <>
      <PageHeader title="Summaries">The sentences that say most of a text, in its own words. A message covers 4,000 characters.</PageHeader>
      <div className="grid items-start gap-6 xl:grid-cols-2">
        <Card>
          <form
            aria-label="Summarize"
            noValidate
            className="flex flex-col gap-5"
            onSubmit={(event) => {
              event.preventDefault()
              void form.handleSubmit()
            }}
          >
            <form.Field name="text">
              {(field) => (
                <Field label="Text" error={errorOf(field.state.meta)} hint={`${formatNumber(text.length)} characters`}>
                  <TextArea
                    rows={14}
                    value={field.state.value}
                    onBlur={field.handleBlur}
                    onChange={(event) => field.handleChange(event.target.value)}
                  />
                </Field>
              )}
            </form.Field>
            <form.Field name="sentences">
              {(field) => (
                <NumberStepper
                  label="Sentences"
                  min={1}
                  max={9}
                  value={field.state.value}
                  onChange={(value) => field.handleChange(value)}
                />
              )}
            </form.Field>
            {!summarize.isPending && <SpendNotice prospect={prospect} units={cost} error={summarize.error} />}
            <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
              <Button
                type="submit"
                look="primary"
                pending={summarize.isPending}
                disabled={prospect.status !== 'ready' || !prospect.allowed}
              >
                {!summarize.isPending && <Scissors aria-hidden="true" />}
                Summarize
              </Button>
              <CostLine prospect={prospect} cost={cost} paidBy="messages" />
            </div>
          </form>
        </Card>
        <Card
          title="Summary"
          className="min-h-80"
          aside={
            summarize.data && (
              <p className="text-caption text-muted">
                {Math.round(summarize.data.share * 100)}% of {formatNumber(summarize.data.words)} words
              </p>
            )
          }
        >
          {summarize.data ? (
            <SummaryText source={summarize.variables?.text ?? ''} summary={summarize.data} />
          ) : (
            <EmptyState icon={FileText} title="No summary yet">
              What says most is marked in the text, so that you can check it against the rest.
            </EmptyState>
          )}
        </Card>
      </div>
    </>
  )
}
