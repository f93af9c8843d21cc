import { useForm, useStore } from '@tanstack/react-form'
import { Dices, Sparkles } from 'lucide-react'
import { useId } from 'react'
import { GenerateInput, MAX_IMAGES, type StyleId, styleIds } from '../../inputs.ts'
import { useFeature } from '../client.ts'
import { Button } from '../components/Button.tsx'
import { CostLine } from '../components/CostLine.tsx'
import { errorOf } from '../components/errorOf.ts'
import { Field, TextArea } from '../components/Field.tsx'
import { NumberStepper } from '../components/NumberStepper.tsx'
import { SelectField } from '../components/SelectField.tsx'
import { SpendNotice } from '../components/SpendNotice.tsx'
import { draftOf, keepDraft } from '../drafts.ts'
import { formatUnits } from '../format.ts'
import type { Failure } from '../messageOf.ts'
import { unitNames } from '../plans/planTerms.ts'

export interface ImageRequest {
  readonly prompt: string
  readonly style: StyleId
  readonly n: number
  readonly seed: number
}

export interface ImageFormProps {
  readonly pending: boolean
  readonly error: Failure | null
  readonly onSubmit: (request: ImageRequest) => void
}

const styleNames: Readonly<Record<StyleId, string>> = {
  landscape: 'Landscape',
  currents: 'Currents',
  mosaic: 'Mosaic',
  orbits: 'Orbits',
  bloom: 'Bloom',
}

const CREDITS_PER_IMAGE = 10

/** What to paint, and how many of it. */
export function ImageForm({ pending, error, onSubmit }: ImageFormProps) {
  const costId = useId()
  const form = useForm({
    defaultValues: draftOf<ImageRequest>('images', { prompt: 'Lighthouse at dusk', style: 'landscape', n: 4, seed: 1 }),
    validators: { onSubmit: GenerateInput },
    listeners: { onChange: ({ formApi }) => keepDraft('images', formApi.state.values) },
    onSubmit: ({ value, formApi }) => {
      onSubmit(value)
      // The next call paints other pictures, unless one asks for the same.
      formApi.setFieldValue('seed', (value.seed + value.n) % 1_000_000)
    },
  })
  const n = useStore(form.store, ({ values }) => values.n)
  const prospect = useFeature('image_gen', { units: n })
  return (
    <form
      aria-label="Generate images"
      noValidate
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault()
        void form.handleSubmit()
      }}
    >
      <form.Field name="prompt">
        {(field) => (
          <Field label="Prompt" error={errorOf(field.state.meta)} hint="Words like sunset, sea, moss or neon choose the colours.">
            <TextArea
              rows={3}
              maxLength={200}
              value={field.state.value}
              onBlur={field.handleBlur}
              onChange={(event) => field.handleChange(event.target.value)}
            />
          </Field>
        )}
      </form.Field>
      <form.Field name="style">
        {(field) => (
          <SelectField
            label="Style"
            value={field.state.value}
            options={styleIds.map((value) => ({ value, label: styleNames[value] }))}
            onChange={(style) => field.handleChange(style)}
          />
        )}
      </form.Field>
      <div className="flex flex-wrap gap-x-6 gap-y-4">
        <form.Field name="n">
          {(field) => (
            <NumberStepper
              label="Images"
              min={1}
              max={MAX_IMAGES}
              value={field.state.value}
              onChange={(value) => field.handleChange(value)}
            />
          )}
        </form.Field>
        <form.Field name="seed">
          {(field) => (
            <div className="flex flex-col gap-1.5">
              <span className="font-medium text-caption">Seed</span>
              <Button
                onClick={() => field.handleChange(Math.floor(Math.random() * 1_000_000))}
                aria-label={`Another seed than ${field.state.value}`}
              >
                <Dices aria-hidden="true" />
                <span className="tabular-nums">{field.state.value}</span>
              </Button>
            </div>
          )}
        </form.Field>
      </div>
      {!pending && <SpendNotice prospect={prospect} units={n} error={error} />}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <Button
          type="submit"
          look="primary"
          pending={pending}
          disabled={prospect.status !== 'ready' || !prospect.allowed}
          aria-describedby={costId}
        >
          {!pending && <Sparkles aria-hidden="true" />}
          Generate {formatUnits(n, unitNames('image_gen'))}
        </Button>
        <CostLine id={costId} prospect={prospect} cost={n * CREDITS_PER_IMAGE} paidBy="credits" />
      </div>
    </form>
  )
}
