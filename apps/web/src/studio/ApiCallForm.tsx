import { Send } from 'lucide-react'
import type { ReactNode } from 'react'
import { type ApiCall, ApiCallInput } from '../../inputs.ts'
import { Button } from '../components/Button.tsx'
import { CostLine } from '../components/CostLine.tsx'
import { Field, TextArea, TextInput } from '../components/Field.tsx'
import { ScrollRegion } from '../components/ScrollRegion.tsx'
import { SelectField } from '../components/SelectField.tsx'
import type { Prospect } from '../components/SpendNotice.tsx'

export interface ApiCallFormProps {
  readonly input: ApiCall
  readonly onChange: (input: ApiCall) => void
  readonly pending: boolean
  readonly prospect: Prospect
  readonly notice: ReactNode
  readonly onSend: () => void
}

const endpoints: readonly { readonly value: ApiCall['endpoint']; readonly label: string }[] = [
  { value: 'palette', label: 'palette: colours for a text' },
  { value: 'readability', label: 'readability: how hard a text is' },
  { value: 'contrast', label: 'contrast: whether colours can be read' },
]

const starts: { readonly [Endpoint in ApiCall['endpoint']]: ApiCall & { readonly endpoint: Endpoint } } = {
  palette: { endpoint: 'palette', text: 'Lighthouse at dusk' },
  readability: { endpoint: 'readability', text: 'The ferry leaves at nine. It is never late, and the sea is calm.' },
  contrast: { endpoint: 'contrast', foreground: '#5e574e', background: '#faf9f6' },
}

/** An endpoint, its fields, and the request that they make. */
export function ApiCallForm({ input, onChange, pending, prospect, notice, onSend }: ApiCallFormProps) {
  const isValid = ApiCallInput.safeParse(input).success
  return (
    <form
      aria-label="Call the API"
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault()
        onSend()
      }}
    >
      <SelectField label="Endpoint" value={input.endpoint} options={endpoints} onChange={(endpoint) => onChange(starts[endpoint])} />
      {input.endpoint === 'contrast' ? (
        <div className="grid gap-4 sm:grid-cols-2">
          <ColorField label="Foreground" value={input.foreground} onChange={(foreground) => onChange({ ...input, foreground })} />
          <ColorField label="Background" value={input.background} onChange={(background) => onChange({ ...input, background })} />
        </div>
      ) : (
        <Field label="Text">
          <TextArea rows={4} maxLength={2_000} value={input.text} onChange={(event) => onChange({ ...input, text: event.target.value })} />
        </Field>
      )}
      <div>
        <p aria-hidden="true" className="mb-1.5 font-medium text-caption">
          What is sent
        </p>
        <ScrollRegion label="What is sent" className="rounded-lg bg-sunken">
          <pre className="p-3 font-mono text-caption">
            {`POST /trpc/playground.ask\ncontent-type: application/json\nx-tollgate-operation: <a new id>\n\n${JSON.stringify(input, null, 2)}`}
          </pre>
        </ScrollRegion>
      </div>
      {notice}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <Button type="submit" look="primary" pending={pending} disabled={!isValid || prospect.status !== 'ready' || !prospect.allowed}>
          {!pending && <Send aria-hidden="true" />}
          Send
        </Button>
        <CostLine prospect={prospect} cost={1} paidBy="credits" />
      </div>
    </form>
  )
}

function ColorField({
  label,
  value,
  onChange,
}: {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}) {
  return (
    <Field label={label}>
      <span className="flex items-center gap-2">
        <input
          type="color"
          aria-label={`${label}, picked`}
          value={/^#[0-9a-f]{6}$/i.test(value) ? value : '#000000'}
          onChange={(event) => onChange(event.target.value)}
          className="size-10 shrink-0 rounded-lg border border-line-strong/60 bg-surface p-1"
        />
        <TextInput value={value} maxLength={7} onChange={(event) => onChange(event.target.value)} className="font-mono" />
      </span>
    </Field>
  )
}
