import type { ReactNode } from 'react'

export interface ScrollRegionProps {
  readonly label: string
  readonly className?: string
  readonly children: ReactNode
}

/** Something that scrolls by itself, and can be reached and scrolled with the keyboard. */
export function ScrollRegion({ label, className, children }: ScrollRegionProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus
    <section aria-label={label} tabIndex={0} className={`overflow-auto ${className ?? ''}`}>
      {children}
    </section>
  )
}
