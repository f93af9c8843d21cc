import { Activity, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { TimelineEvent } from '../../api/devtools/timeline.ts'
import { Button } from '../components/Button.tsx'
import { DevtoolsControls } from './DevtoolsControls.tsx'
import { TimelineTable } from './TimelineTable.tsx'
import { useTimeline } from './useTimeline.ts'

/** A panel for whoever builds the product: what the meter was asked, and what happens when it is disturbed. Development only. */
export default function Devtools() {
  const [isOpen, setIsOpen] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const close = () => {
    // The button has to be there to take the focus.
    flushSync(() => setIsOpen(false))
    opener.current?.focus()
  }
  if (isOpen) return <Panel onClose={close} />
  return (
    <div className="fixed right-4 bottom-4 z-20">
      <Button ref={opener} className="shadow-card max-sm:w-10 max-sm:px-0" onClick={() => setIsOpen(true)}>
        <Activity aria-hidden="true" />
        <span className="max-sm:sr-only">Devtools</span>
      </Button>
    </div>
  )
}

/** The page reads its balances all the time; that matters here when it fails. */
function isMoreThanARead({ kind, outcome }: TimelineEvent): boolean {
  return kind !== 'access' || outcome === 'failed'
}

function Panel({ onClose }: { readonly onClose: () => void }) {
  const timeline = useTimeline()
  const [showsReads, setShowsReads] = useState(false)
  const panel = useRef<HTMLElement>(null)
  useEffect(() => panel.current?.focus(), [])
  return (
    <section
      ref={panel}
      aria-label="Devtools"
      tabIndex={-1}
      data-panel
      onKeyDown={(event) => {
        // A list that opens in the panel takes its own Escape.
        if (event.key === 'Escape' && !event.defaultPrevented) onClose()
      }}
      className="fixed inset-x-0 bottom-0 z-20 flex max-h-[60dvh] flex-col border-line border-t bg-surface shadow-card outline-none lg:h-90"
    >
      <header className="flex h-12 shrink-0 items-center justify-between border-line border-b px-4">
        <h2 className="flex items-center gap-2 font-semibold">
          <Activity aria-hidden="true" className="size-4 text-accent-text" />
          Devtools
        </h2>
        <div className="flex items-center gap-4">
          <label className="flex items-center gap-2 text-caption text-muted">
            <input
              type="checkbox"
              className="size-4 accent-accent"
              checked={showsReads}
              onChange={(event) => setShowsReads(event.target.checked)}
            />
            Show reads
          </label>
          <Button look="quiet" size="small" aria-label="Close the devtools" onClick={onClose}>
            <X aria-hidden="true" />
          </Button>
        </div>
      </header>
      <div className="grid min-h-0 grow grid-cols-1 overflow-y-auto lg:grid-cols-[22rem_1fr] lg:overflow-hidden">
        <div className="border-line p-4 lg:overflow-y-auto lg:border-r">
          <DevtoolsControls broken={timeline?.broken ?? false} clockOffsetMs={timeline?.clockOffsetMs ?? 0} />
        </div>
        <TimelineTable events={showsReads ? timeline?.events : timeline?.events.filter(isMoreThanARead)} />
      </div>
    </section>
  )
}
