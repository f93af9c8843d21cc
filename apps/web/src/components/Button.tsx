import { Button as Base } from '@base-ui/react/button'
import { LoaderCircle } from 'lucide-react'
import type { ComponentPropsWithRef } from 'react'

type Look = 'primary' | 'secondary' | 'quiet' | 'danger'

const looks: Readonly<Record<Look, string>> = {
  primary: 'bg-accent text-accent-ink not-aria-disabled:hover:bg-accent-hover',
  secondary: 'border border-line bg-surface text-ink not-aria-disabled:hover:border-line-strong not-aria-disabled:hover:bg-sunken',
  quiet: 'text-muted not-aria-disabled:hover:bg-sunken not-aria-disabled:hover:text-ink',
  danger: 'border border-line bg-surface text-bad not-aria-disabled:hover:border-bad not-aria-disabled:hover:bg-bad-soft',
}

export interface ButtonProps extends ComponentPropsWithRef<'button'> {
  readonly look?: Look
  readonly size?: 'small' | 'regular'
  /** Shows that its work is under way; it cannot be pressed meanwhile. */
  readonly pending?: boolean
}

/** A button that keeps the focus while it cannot be pressed: nobody loses their place by what they pressed. */
export function Button({
  look = 'secondary',
  size = 'regular',
  pending = false,
  disabled = false,
  className,
  children,
  ...rest
}: ButtonProps) {
  const measure = size === 'small' ? 'h-8 gap-1.5 px-2.5 text-caption' : 'h-10 gap-2 px-4'
  return (
    <Base
      type="button"
      {...rest}
      disabled={disabled || pending}
      focusableWhenDisabled
      aria-busy={pending}
      className={`inline-flex shrink-0 items-center justify-center rounded-lg font-medium whitespace-nowrap transition-colors aria-disabled:cursor-not-allowed aria-disabled:border-transparent aria-disabled:bg-sunken aria-disabled:text-muted [&_svg]:size-4 [&_svg]:shrink-0 ${measure} ${looks[look]} ${className ?? ''}`}
    >
      {pending && <LoaderCircle aria-hidden="true" className="animate-spin" />}
      {children}
    </Base>
  )
}
