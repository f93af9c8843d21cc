import { useForm } from '@tanstack/react-form'
import { FileText, NotebookPen, Square } from 'lucide-react'
import { useEffect } from 'react'
import { BRIEF_SECTIONS, WriteInput } from '../../inputs.ts'
import { announce } from '../announce.ts'
import { trpc, useGate } from '../client.ts'
import { Button } from '../components/Button.tsx'
import { Card } from '../components/Card.tsx'
import { CostLine } from '../components/CostLine.tsx'
import { EmptyState } from '../components/EmptyState.tsx'
import { errorOf } from '../components/errorOf.ts'
import { Field, TextArea } from '../components/Field.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { SpendNotice } from '../components/SpendNotice.tsx'
import { draftOf, keepDraft } from '../drafts.ts'
import { formatUnits } from '../format.ts'
import { unitNames } from '../plans/planTerms.ts'
import { BriefText } from '../studio/BriefText.tsx'
import { sampleText } from '../studio/sampleText.ts'
import { type Brief, useBrief } from '../studio/useBrief.ts'

const initial = { text: sampleText }

/** Briefings, written while one watches: a message for each section, and only for those that came. */
export function BriefsPage() {
  const { brief, start, stop } = useBrief()
  const prospect = useGate(trpc.texts.write, initial)
  const isWriting = brief.status === 'writing'
  const form = useForm({
    defaultValues: draftOf('brief', initial),
    validators: { onSubmit: WriteInput },
    listeners: { onChange: ({ formApi }) => keepDraft('brief', formApi.state.values) },
    onSubmit: ({ value }) => void start(value.text),
  })
  return (
    <>
      <PageHeader title="Briefings">
        Paste a text and watch its briefing being written. Each section takes a message; stop when you have read enough, and pay for what
        came.
      </PageHeader>
      <div className="grid items-start gap-6 xl:grid-cols-2">
        <Card>
          <form
            aria-label="Write a briefing"
            noValidate
            className="flex flex-col gap-5"
            onSubmit={(event) => {
              event.preventDefault()
              void form.handleSubmit()
            }}
          >
            <form.Field name="text">
              {(field) => (
                <Field label="Text" error={errorOf(field.state.meta)}>
                  <TextArea
                    rows={14}
                    value={field.state.value}
                    onBlur={field.handleBlur}
                    onChange={(event) => field.handleChange(event.target.value)}
                  />
                </Field>
              )}
            </form.Field>
            {!isWriting && <SpendNotice prospect={prospect} units={BRIEF_SECTIONS} error={brief.error} />}
            <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
              {/* One button that never submits by itself: it keeps the focus, and the press that stops does not start anew. */}
              <Button
                look={isWriting ? 'secondary' : 'primary'}
                disabled={!isWriting && (prospect.status !== 'ready' || !prospect.allowed)}
                onClick={isWriting ? stop : () => void form.handleSubmit()}
              >
                {isWriting ? <Square aria-hidden="true" fill="currentColor" /> : <NotebookPen aria-hidden="true" />}
                {isWriting ? 'Stop' : 'Write the briefing'}
              </Button>
              <CostLine prospect={prospect} cost={BRIEF_SECTIONS} paidBy="messages" upTo />
            </div>
          </form>
        </Card>
        <Card title="Briefing" aside={<Progress brief={brief} />} className="min-h-80">
          {brief.sections.length === 0 && !isWriting ? (
            <EmptyState icon={FileText} title="Nothing written yet">
              The briefing has {BRIEF_SECTIONS} sections and appears here word by word.
            </EmptyState>
          ) : (
            <BriefText sections={brief.sections} isWriting={isWriting} />
          )}
        </Card>
      </div>
    </>
  )
}

/** How far it got and what that cost; read out at its end, not at every word. */
function Progress({ brief: { status, sections } }: { readonly brief: Brief }) {
  const isOver = status !== 'idle' && status !== 'writing'
  const ending = { idle: '', writing: 'so far', done: 'used', stopped: 'used: stopped early', failed: 'shown: it broke off' }[status]
  const told = `${formatUnits(sections.length, unitNames('messages'))} ${ending}`
  useEffect(() => {
    if (isOver) announce(`Briefing: ${told}`)
  }, [isOver, told])
  if (status === 'idle') return null
  return (
    <p className="text-caption text-muted tabular-nums" data-testid="brief-cost">
      {told}
    </p>
  )
}
