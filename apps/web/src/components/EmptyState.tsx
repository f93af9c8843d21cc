import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

export interface EmptyStateProps {
  readonly icon: LucideIcon
  readonly title: string
  readonly children?: ReactNode
}

export function EmptyState({ icon: Icon, title, children }: EmptyStateProps) {
  return (
    <div className="flex min-h-56 flex-col items-center justify-center gap-2 rounded-xl border border-line border-dashed px-6 py-10 text-center">
      <Icon aria-hidden="true" className="size-6 text-muted" />
      <p className="font-medium">{title}</p>
      {children !== undefined && <p className="max-w-sm text-muted text-pretty">{children}</p>}
    </div>
  )
}
