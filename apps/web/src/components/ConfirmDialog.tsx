import { AlertDialog } from '@base-ui/react/alert-dialog'
import type { ReactNode, RefObject } from 'react'
import { Button } from './Button.tsx'

export interface ConfirmDialogProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  readonly confirmLabel: string
  readonly danger?: boolean
  readonly pending?: boolean
  readonly onConfirm: () => void
  /** What takes the focus afterwards; by default what had it before. */
  readonly finalFocus?: RefObject<HTMLElement | null>
  readonly children: ReactNode
}

/** Asks before something that is not undone with one click. It stays open while the work is under way. */
export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  confirmLabel,
  danger,
  pending = false,
  onConfirm,
  finalFocus,
  children,
}: ConfirmDialogProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !pending && onOpenChange(next)}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-40 bg-[#1d1a16]/45 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <AlertDialog.Viewport className="fixed inset-0 z-40 grid place-items-end overflow-y-auto p-4 sm:place-items-center">
          <AlertDialog.Popup
            {...(finalFocus && { finalFocus })}
            className="w-full max-w-lg rounded-2xl border border-line bg-surface p-6 shadow-card transition-[opacity,scale] data-ending-style:scale-97 data-ending-style:opacity-0 data-starting-style:scale-97 data-starting-style:opacity-0"
          >
            <AlertDialog.Title className="text-lead">{title}</AlertDialog.Title>
            <AlertDialog.Description render={<div />} className="mt-2 text-muted">
              {children}
            </AlertDialog.Description>
            <div className="mt-6 flex flex-wrap justify-end gap-2">
              <AlertDialog.Close render={<Button disabled={pending} />}>Cancel</AlertDialog.Close>
              <Button look={danger ? 'danger' : 'primary'} pending={pending} onClick={onConfirm}>
                {confirmLabel}
              </Button>
            </div>
          </AlertDialog.Popup>
        </AlertDialog.Viewport>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
