import { LoaderCircle } from 'lucide-react'
import type { ComponentPropsWithRef } from 'react'

type Look = 'primary' | 'secondary' | 'quiet' | 'danger'

const looks: Readonly<Record<Look, string>> = {
  primary: 'bg-accent text-accent-ink enabled:hover:bg-accent-hover',
  secondary: 'border border-line bg-surface text-ink enabled:hover:border-line-strong enabled:hover:bg-sunken',
  quiet: 'text-muted enabled:hover:bg-sunken enabled:hover:text-ink',
  danger: 'border border-line bg-surface text-bad enabled:hover:border-bad enabled:hover:bg-bad-soft',
}

export interface ButtonProps extends ComponentPropsWithRef<'button'> {
  readonly look?: Look
  readonly size?: 'small' | 'regular'
  /** Shows that its work is under way; it cannot be pressed meanwhile. */
  readonly pending?: boolean
}

export function Button({ look = 'secondary', size = 'regular', pending = false, disabled, className, children, ...rest }: ButtonProps) {
  const measure = size === 'small' ? 'h-8 gap-1.5 px-2.5 text-caption' : 'h-10 gap-2 px-4'
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || pending}
      aria-busy={pending}
      className={`inline-flex shrink-0 items-center justify-center rounded-lg font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:border-transparent disabled:bg-sunken disabled:text-muted [&_svg]:size-4 [&_svg]:shrink-0 ${measure} ${looks[look]} ${className ?? ''}`}
    >
      {pending && <LoaderCircle aria-hidden="true" className="animate-spin" />}
      {children}
    </button>
  )
}
