import { RotateCw } from 'lucide-react'
import { Button } from '../components/Button.tsx'
import { formatNumber } from '../format.ts'
import type { SentCall } from './usePlayground.ts'

export interface SentCallListProps {
  readonly calls: readonly SentCall[]
  readonly pending: boolean
  readonly onRepeat: (call: SentCall) => void
}

/** Answers, the newest first. */
export function SentCallList({ calls, pending, onRepeat }: SentCallListProps) {
  return (
    <ol aria-label="Answers" className="flex flex-col gap-4">
      {calls.map((call, index) => (
        // A repeat has the operation id of its original: what tells them apart is how many came before.
        <li key={`${call.operationId} ${calls.length - index}`} className="border-line border-t pt-4 first:border-t-0 first:pt-0">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p className="text-caption text-muted tabular-nums">
              <span className="font-medium text-ink">{call.input.endpoint}</span> in {formatNumber(Math.round(call.durationMs))} ms ·{' '}
              {call.repeated ? <span className="font-medium text-good">not charged again</span> : '1 credit'}
            </p>
            <Button size="small" look="quiet" disabled={pending} onClick={() => onRepeat(call)}>
              <RotateCw aria-hidden="true" />
              Send again
            </Button>
          </div>
          <p className="truncate font-mono text-caption text-muted">operation {call.operationId}</p>
          <Answer call={call} />
        </li>
      ))}
    </ol>
  )
}

function Answer({ call: { answer } }: { readonly call: SentCall }) {
  switch (answer.endpoint) {
    case 'palette':
      return (
        <ul aria-label="Colours" className="mt-2 flex overflow-hidden rounded-lg">
          {[...answer.colors, ...answer.ramp].map((color, index) => (
            // A colour may come twice, and the list does not change.
            <li key={index} className="h-12 grow" style={{ background: color }} title={color}>
              <span className="sr-only">{color}</span>
            </li>
          ))}
        </ul>
      )
    case 'readability':
      return (
        <Facts
          facts={{
            Words: answer.words,
            Sentences: answer.sentences,
            'Words per sentence': answer.wordsPerSentence,
            'Reading ease': answer.readingEase,
            'Seconds to read': answer.readingSeconds,
          }}
        />
      )
    case 'contrast':
      return <Facts facts={{ Ratio: answer.ratio, Passes: answer.passes.join(', ') || 'nothing' }} />
  }
}

function Facts({ facts }: { readonly facts: Readonly<Record<string, string | number>> }) {
  return (
    <dl className="mt-2 grid grid-cols-2 gap-x-4 gap-y-2 sm:grid-cols-3">
      {Object.entries(facts).map(([name, value]) => (
        <div key={name}>
          <dt className="text-caption text-muted">{name}</dt>
          <dd className="font-medium tabular-nums">{typeof value === 'number' ? formatNumber(value) : value}</dd>
        </div>
      ))}
    </dl>
  )
}
