import { Select } from '@base-ui/react/select'
import { Check, ChevronsUpDown } from 'lucide-react'

export interface SelectFieldProps<TValue extends string> {
  readonly label: string
  readonly value: TValue
  readonly options: readonly { readonly value: TValue; readonly label: string }[]
  readonly onChange: (value: TValue) => void
  readonly className?: string
}

/** One of a few values, in a list that opens. */
export function SelectField<TValue extends string>({ label, value, options, onChange, className }: SelectFieldProps<TValue>) {
  return (
    <div className={`flex min-w-0 flex-col gap-1.5 ${className ?? ''}`}>
      <Select.Root items={options} value={value} onValueChange={(next) => next !== null && onChange(next)}>
        <Select.Label className="font-medium text-caption">{label}</Select.Label>
        <Select.Trigger className="flex h-10 w-full items-center justify-between gap-2 rounded-lg border border-line-strong/60 bg-surface px-3 text-left hover:border-line-strong">
          <Select.Value className="truncate" />
          <Select.Icon>
            <ChevronsUpDown aria-hidden="true" className="size-4 text-muted" />
          </Select.Icon>
        </Select.Trigger>
        <Select.Portal>
          <Select.Positioner sideOffset={6} className="z-30 outline-none" alignItemWithTrigger={false}>
            <Select.Popup className="max-h-(--available-height) min-w-(--anchor-width) overflow-y-auto rounded-xl border border-line bg-surface p-1 shadow-card outline-none">
              {options.map((option) => (
                <Select.Item
                  key={option.value}
                  value={option.value}
                  className="flex min-h-9 cursor-default items-center gap-2 rounded-lg px-2.5 outline-none select-none data-highlighted:bg-sunken"
                >
                  <Select.ItemText className="grow">{option.label}</Select.ItemText>
                  <Select.ItemIndicator>
                    <Check aria-hidden="true" className="size-4 text-accent-text" />
                  </Select.ItemIndicator>
                </Select.Item>
              ))}
            </Select.Popup>
          </Select.Positioner>
        </Select.Portal>
      </Select.Root>
    </div>
  )
}
