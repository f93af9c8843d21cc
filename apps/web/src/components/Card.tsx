import { type ReactNode, useId } from 'react'

export interface CardProps {
  readonly title?: ReactNode
  readonly aside?: ReactNode
  readonly className?: string
  readonly children: ReactNode
}

/** A group of things that belong together; with a title, a region of the page. */
export function Card({ title, aside, className, children }: CardProps) {
  const titleId = useId()
  return (
    <section
      {...(title !== undefined && { 'aria-labelledby': titleId })}
      className={`min-w-0 rounded-2xl border border-line bg-surface p-5 sm:p-6 ${className ?? ''}`}
    >
      {(title !== undefined || aside !== undefined) && (
        <header className="mb-4 flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <h2 id={titleId} className="text-lead">
            {title}
          </h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  )
}
