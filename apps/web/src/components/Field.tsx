import { Field as Base } from '@base-ui/react/field'
import type { ComponentPropsWithRef, ReactNode } from 'react'

export const controlLook =
  'w-full rounded-lg border border-line-strong/60 bg-surface px-3 text-ink placeholder:text-muted hover:border-line-strong data-invalid:border-bad'

export interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  /** What is wrong with the value; empty when nothing is. */
  readonly error?: string | undefined
  readonly className?: string
  readonly children: ReactNode
}

/** A labelled control with its hint and its error, tied together for screen readers. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  return (
    <Base.Root invalid={Boolean(error)} className={`flex min-w-0 flex-col gap-1.5 ${className ?? ''}`}>
      <Base.Label className="font-medium text-caption">{label}</Base.Label>
      {children}
      {hint !== undefined && <Base.Description className="text-caption text-muted">{hint}</Base.Description>}
      <Base.Error match={Boolean(error)} className="text-bad text-caption">
        {error}
      </Base.Error>
    </Base.Root>
  )
}

export function TextInput(props: ComponentPropsWithRef<'input'>) {
  return <Base.Control {...props} className={`h-10 ${controlLook} ${props.className ?? ''}`} />
}

export function TextArea({ className, ...rest }: ComponentPropsWithRef<'textarea'>) {
  return <Base.Control render={<textarea {...rest} />} className={`resize-y py-2.5 leading-6 ${controlLook} ${className ?? ''}`} />
}
