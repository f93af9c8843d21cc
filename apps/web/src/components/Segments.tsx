import { Radio } from '@base-ui/react/radio'
import { RadioGroup } from '@base-ui/react/radio-group'

export interface SegmentsProps<TValue extends string> {
  readonly label: string
  readonly value: TValue
  readonly options: readonly { readonly value: TValue; readonly label: string }[]
  readonly onChange: (value: TValue) => void
}

/** One of a few values, all in sight. */
export function Segments<TValue extends string>({ label, value, options, onChange }: SegmentsProps<TValue>) {
  return (
    <RadioGroup
      aria-label={label}
      value={value}
      onValueChange={(next: TValue) => onChange(next)}
      className="flex gap-0.5 rounded-lg bg-sunken p-0.5"
    >
      {options.map((option) => (
        <Radio.Root
          key={option.value}
          value={option.value}
          nativeButton
          render={<button type="button" />}
          className="h-7 rounded-md px-3 text-caption text-muted hover:text-ink data-checked:bg-surface data-checked:font-medium data-checked:text-ink data-checked:shadow-[0_1px_2px_rgb(0_0_0/0.12)]"
        >
          {option.label}
        </Radio.Root>
      ))}
    </RadioGroup>
  )
}
