/** A sentence of a text, and where it stands in it. */
export interface Sentence {
  readonly text: string
  /** Offsets into the text, in UTF-16 code units: `text.slice(start, end)`. */
  readonly start: number
  readonly end: number
  /** The words that carry its meaning, in lower case. */
  readonly terms: readonly string[]
}

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' })
const words = new Intl.Segmenter('en', { granularity: 'word' })

/** Words that say nothing about what a text is about. */
const emptyWords = new Set(
  `a about above after again against all also am an and any are as at be because been before being below between both but by can could did do does
  doing down during each even every few for from further get had has have having he her here hers him himself his how i if in into is it its itself
  just like made make many may me might more most much must my myself no nor not now of off on once one only or other our ours out over own s same
  she should so some such t than that the their theirs them themselves then there these they this those through to too two under until up upon us
  very was we were what when where which while who whom why will with within without would yet you your yours`.split(/\s+/),
)

/** The sentences of a text, in their order; headings and list items count as sentences. */
export function sentencesOf(text: string): readonly Sentence[] {
  return [...sentences.segment(text)].flatMap(({ segment, index }) => {
    const trimmed = segment.trim()
    if (trimmed === '') return []
    const start = index + segment.indexOf(trimmed)
    return [{ text: trimmed.replaceAll(/\s+/g, ' '), start, end: start + trimmed.length, terms: termsOf(trimmed) }]
  })
}

export function wordsOf(text: string): readonly string[] {
  return [...words.segment(text)].flatMap(({ segment, isWordLike }) => (isWordLike ? [segment] : []))
}

export function termsOf(text: string): readonly string[] {
  return wordsOf(text)
    .map((word) => word.toLowerCase())
    .filter((word) => word.length > 2 && !emptyWords.has(word) && /\p{L}/u.test(word))
}
