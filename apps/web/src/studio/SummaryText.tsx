export interface SummaryTextProps {
  readonly source: string
  readonly summary: {
    readonly sentences: readonly { readonly text: string; readonly start: number; readonly end: number }[]
    readonly keywords: readonly string[]
  }
}

/** The chosen sentences, and the whole text with them marked. */
export function SummaryText({ source, summary: { sentences, keywords } }: SummaryTextProps) {
  return (
    <div className="flex flex-col gap-5">
      <ol className="list-decimal space-y-2 pl-5 marker:text-muted">
        {sentences.map(({ text, start }) => (
          <li key={start} className="text-pretty">
            {text}
          </li>
        ))}
      </ol>
      <ul aria-label="Keywords" className="flex flex-wrap gap-1.5">
        {keywords.map((keyword) => (
          <li key={keyword} className="rounded-full bg-sunken px-2.5 py-0.5 text-caption text-muted">
            {keyword}
          </li>
        ))}
      </ul>
      <details className="border-line border-t pt-4">
        <summary className="cursor-pointer font-medium text-caption">In the text</summary>
        <p className="mt-3 whitespace-pre-line text-muted">{marked(source, sentences)}</p>
      </details>
    </div>
  )
}

function marked(source: string, sentences: readonly { readonly start: number; readonly end: number }[]) {
  return sentences.flatMap(({ start, end }, index) => [
    source.slice(sentences[index - 1]?.end ?? 0, start),
    <mark key={start} className="rounded bg-accent-soft text-ink">
      {source.slice(start, end)}
    </mark>,
    ...(index === sentences.length - 1 ? [source.slice(end)] : []),
  ])
}
