import { Meter } from '@base-ui/react/meter'
import { formatNumber } from '../format.ts'

export interface BalanceMeterProps {
  readonly label: string
  readonly used: number
  readonly granted: number
  readonly remaining: number
  readonly unlimited: boolean
  /** Told after the number: `left`. */
  readonly unit: string
  readonly className?: string
}

/** How much of a balance is left, as a bar that empties. */
export function BalanceMeter({ label, used, granted, remaining, unlimited, unit, className }: BalanceMeterProps) {
  const share = granted > 0 ? remaining / granted : 0
  const tint = share <= 0.1 ? 'bg-bad' : share <= 0.3 ? 'bg-warn' : 'bg-accent'
  const told = unlimited ? `Unlimited, ${formatNumber(used)} used` : `${formatNumber(remaining)} of ${formatNumber(granted)} ${unit}`
  return (
    <Meter.Root
      value={unlimited ? 1 : remaining}
      max={unlimited ? 1 : Math.max(granted, remaining, 1)}
      aria-valuetext={told}
      className={`grid grid-cols-[1fr_auto] gap-x-3 gap-y-1.5 ${className ?? ''}`}
    >
      <Meter.Label className="truncate font-medium">{label}</Meter.Label>
      <span className="text-muted tabular-nums">{told}</span>
      <Meter.Track className="col-span-2 h-1.5 overflow-hidden rounded-full bg-sunken">
        <Meter.Indicator className={`rounded-full transition-[width] duration-300 ${unlimited ? 'bg-good' : tint}`} />
      </Meter.Track>
    </Meter.Root>
  )
}
