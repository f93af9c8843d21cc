import { Link } from '@tanstack/react-router'
import { Coins } from 'lucide-react'
import { useFeature } from '../client.ts'
import { formatNumber } from '../format.ts'

/** What is left of the pool, where there is room for nothing more. */
export function CreditsLeft() {
  const credits = useFeature('credits')
  return (
    <Link
      to="/usage"
      className="inline-flex h-8 min-w-19 items-center justify-center gap-1.5 rounded-full bg-sunken px-3 font-medium text-caption tabular-nums"
    >
      <Coins aria-hidden="true" className="size-4 text-muted" />
      {credits.status === 'ready' ? formatNumber(credits.balance) : credits.status === 'loading' ? null : '–'}
      <span className="sr-only">credits left</span>
    </Link>
  )
}
