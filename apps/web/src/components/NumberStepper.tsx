import { NumberField } from '@base-ui/react/number-field'
import { Minus, Plus } from 'lucide-react'
import { useId } from 'react'

export interface NumberStepperProps {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly onChange: (value: number) => void
  readonly className?: string
}

/** A small whole number, typed or stepped. */
export function NumberStepper({ label, value, min, max, onChange, className }: NumberStepperProps) {
  const id = useId()
  const step = 'grid size-10 place-items-center text-muted enabled:hover:bg-sunken enabled:hover:text-ink disabled:opacity-40'
  return (
    <NumberField.Root
      id={id}
      value={value}
      min={min}
      max={max}
      format={{ useGrouping: false }}
      onValueChange={(next) => next !== null && onChange(next)}
      className={`flex flex-col gap-1.5 ${className ?? ''}`}
    >
      <label htmlFor={id} className="font-medium text-caption">
        {label}
      </label>
      <NumberField.Group className="flex h-10 w-fit overflow-hidden rounded-lg border border-line-strong/60 bg-surface hover:border-line-strong">
        <NumberField.Decrement aria-label={`Fewer: ${label}`} className={step}>
          <Minus aria-hidden="true" className="size-4" />
        </NumberField.Decrement>
        <NumberField.Input className="w-12 border-line border-x bg-transparent text-center tabular-nums" />
        <NumberField.Increment aria-label={`More: ${label}`} className={step}>
          <Plus aria-hidden="true" className="size-4" />
        </NumberField.Increment>
      </NumberField.Group>
    </NumberField.Root>
  )
}
