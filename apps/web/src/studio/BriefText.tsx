import type { BriefSection } from './useBrief.ts'

/** Written sections: paragraphs, lists and bold words. */
export function BriefText({ sections, isWriting }: { readonly sections: readonly BriefSection[]; readonly isWriting: boolean }) {
  return sections.map(({ heading, text }, index) => (
    <section key={heading} className="mt-6 first:mt-0">
      <h3 className="text-lead">{heading}</h3>
      <Lines text={text} caret={isWriting && index === sections.length - 1} />
    </section>
  ))
}

function Lines({ text, caret }: { readonly text: string; readonly caret: boolean }) {
  // A point that was begun but has no word yet is not shown.
  const lines = text.split('\n').filter((line) => line.trim() !== '' && line.trim() !== '-')
  const mark = caret && <span aria-hidden="true" className="ml-0.5 inline-block h-4 w-0.5 animate-pulse bg-accent align-middle" />
  if (!lines[0]?.startsWith('- '))
    return (
      <p className="mt-1.5 text-pretty">
        {lines.join(' ')}
        {mark}
      </p>
    )
  return (
    <ul className="mt-1.5 list-disc space-y-1.5 pl-5 marker:text-muted">
      {lines.map((line, index) => (
        <li key={line} className="text-pretty">
          <Words text={line.replace(/^- ?/, '')} />
          {index === lines.length - 1 && mark}
        </li>
      ))}
    </ul>
  )
}

function Words({ text }: { readonly text: string }) {
  return text.split('**').map((part, index) => (index % 2 === 1 ? <strong key={part}>{part}</strong> : part))
}
