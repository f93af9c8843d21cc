import { CircleAlert, CircleCheck, Info, TriangleAlert, WifiOff } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { announce } from '../announce.ts'

const kinds = {
  info: { icon: Info, look: 'border-line bg-sunken', tint: 'text-muted' },
  good: { icon: CircleCheck, look: 'border-good/40 bg-good-soft', tint: 'text-good' },
  warn: { icon: TriangleAlert, look: 'border-warn/40 bg-warn-soft', tint: 'text-warn' },
  bad: { icon: CircleAlert, look: 'border-bad/40 bg-bad-soft', tint: 'text-bad' },
  offline: { icon: WifiOff, look: 'border-warn/40 bg-warn-soft', tint: 'text-warn' },
} as const

export interface NoticeProps {
  readonly kind: keyof typeof kinds
  readonly title?: string
  readonly actions?: ReactNode
  readonly children?: ReactNode
}

/** Something that one should know, told where it matters; read out when it appears. */
export function Notice({ kind, title, actions, children }: NoticeProps) {
  const { icon: Icon, look, tint } = kinds[kind]
  const labelId = useId()
  const told = useRef<HTMLDivElement>(null)
  useEffect(() => announce(told.current?.innerText.replaceAll(/\s*\n\s*/g, ': ') ?? '', kind === 'bad'), [kind])
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for the controls of a form
    <div role="group" aria-labelledby={labelId} className={`flex w-full gap-3 rounded-xl border px-4 py-3 ${look}`}>
      <Icon aria-hidden="true" className={`mt-0.5 size-5 shrink-0 ${tint}`} />
      <div className="min-w-0 grow">
        <div ref={told} {...(title === undefined && { id: labelId })}>
          {title !== undefined && (
            <p id={labelId} className="font-medium">
              {title}
            </p>
          )}
          {children !== undefined && <div className="text-pretty text-ink/90">{children}</div>}
        </div>
        {actions !== undefined && <div className="mt-3 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  )
}
