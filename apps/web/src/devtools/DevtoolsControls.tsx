import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { trpc, useCustomer } from '../client.ts'
import { Button } from '../components/Button.tsx'
import { Field, TextInput } from '../components/Field.tsx'
import { SelectField } from '../components/SelectField.tsx'
import { formatMoment } from '../format.ts'
import { messageOf } from '../messageOf.ts'

const balances = [
  { value: 'credits', label: 'Credits' },
  { value: 'messages', label: 'Messages' },
  { value: 'seats', label: 'Seats' },
] as const

const DAY_MS = 24 * 60 * 60 * 1000

export interface DevtoolsControlsProps {
  readonly broken: boolean
  readonly clockOffsetMs: number
}

/** What one can do to the meter to see how the page copes. */
export function DevtoolsControls({ broken, clockOffsetMs }: DevtoolsControlsProps) {
  const customer = useCustomer()
  const refresh = { onSuccess: () => customer.refresh() }
  const setBalance = useMutation(trpc.devtools.setBalance.mutationOptions(refresh))
  const moveClock = useMutation(trpc.devtools.moveClock.mutationOptions(refresh))
  const breakBackend = useMutation(trpc.devtools.breakBackend.mutationOptions(refresh))
  const [featureId, setFeatureId] = useState<(typeof balances)[number]['value']>('credits')
  const [remaining, setRemaining] = useState('0')
  const error = setBalance.error ?? moveClock.error ?? breakBackend.error
  return (
    <div className="flex flex-col gap-5">
      <form
        aria-label="Set a balance"
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          setBalance.mutate({ featureId, remaining: Number(remaining) })
        }}
      >
        <SelectField label="Balance" value={featureId} options={balances} onChange={setFeatureId} className="w-32" />
        <Field label="Left" className="w-20">
          <TextInput inputMode="decimal" value={remaining} onChange={(event) => setRemaining(event.target.value)} />
        </Field>
        <Button type="submit" pending={setBalance.isPending} disabled={remaining.trim() === '' || !(Number(remaining) >= 0)}>
          Set
        </Button>
      </form>
      <div>
        <p className="font-medium text-caption">The organisation's clock</p>
        <p className="mb-2 text-caption text-muted" data-testid="customer-clock">
          {customer.at !== undefined && formatMoment(customer.at, customer.at)}
          {clockOffsetMs > 0 && `, ${Math.round(clockOffsetMs / DAY_MS)} days ahead`}
        </p>
        <div className="flex flex-wrap gap-2">
          <Button size="small" disabled={moveClock.isPending} onClick={() => moveClock.mutate({ days: 1 })}>
            A day ahead
          </Button>
          <Button size="small" disabled={moveClock.isPending} onClick={() => moveClock.mutate({ days: 31 })}>
            31 days ahead
          </Button>
          <Button size="small" disabled={moveClock.isPending || clockOffsetMs === 0} onClick={() => moveClock.mutate({ days: 0 })}>
            Back to now
          </Button>
        </div>
      </div>
      <div>
        <p className="mb-2 font-medium text-caption">The metering backend</p>
        <Button
          size="small"
          look={broken ? 'secondary' : 'danger'}
          pending={breakBackend.isPending}
          onClick={() => breakBackend.mutate({ broken: !broken })}
        >
          {broken ? 'Mend it' : 'Break it'}
        </Button>
      </div>
      {error && (
        <p role="alert" className="text-bad text-caption">
          {messageOf(error)}
        </p>
      )}
    </div>
  )
}
