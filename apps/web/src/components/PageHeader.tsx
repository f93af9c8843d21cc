import type { ReactNode } from 'react'

export interface PageHeaderProps {
  readonly title: string
  readonly children?: ReactNode
  readonly aside?: ReactNode
}

export function PageHeader({ title, children, aside }: PageHeaderProps) {
  return (
    <header className="mb-6 flex flex-wrap items-end justify-between gap-x-8 gap-y-3">
      <div className="max-w-2xl">
        <title>{`${title} · Halftone`}</title>
        <h1 className="text-title">{title}</h1>
        {children !== undefined && <p className="mt-1 text-muted text-pretty">{children}</p>}
      </div>
      {aside}
    </header>
  )
}
