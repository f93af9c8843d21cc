import { type Sentence, sentencesOf, wordsOf } from './sentence.ts'

/** A text in its own most telling sentences. */
export interface Summary {
  /** In the order of the text. */
  readonly sentences: readonly { readonly text: string; readonly start: number; readonly end: number }[]
  /** What the text is about, the most telling first. */
  readonly keywords: readonly string[]
  readonly words: number
  /** Share of the text's words that the summary has, from 0 to 1. */
  readonly share: number
}

const DAMPING = 0.85
const ROUNDS = 30

/** Picks the sentences that most of the others agree with (TextRank), and gives them in the order of the text. Throws when aborted. */
export function summarize(text: string, count: number, signal?: AbortSignal): Summary {
  const sentences = sentencesOf(text)
  const ranks = ranksOf(sentences, signal)
  const chosen = sentences
    .map((sentence, index) => ({ sentence, rank: ranks[index] ?? 0 }))
    .sort((a, b) => b.rank - a.rank)
    .slice(0, count)
    .map(({ sentence: { text: words, start, end } }) => ({ text: words, start, end }))
    .sort((a, b) => a.start - b.start)
  const total = wordsOf(text).length
  const kept = chosen.reduce((sum, sentence) => sum + wordsOf(sentence.text).length, 0)
  return { sentences: chosen, keywords: keywordsOf(sentences, 8), words: total, share: total === 0 ? 0 : kept / total }
}

/** The terms that occur most, and in the most sentences; a plural counts as its singular where both occur. */
export function keywordsOf(sentences: readonly Sentence[], count: number): readonly string[] {
  const known = new Set(sentences.flatMap(({ terms }) => terms))
  const scores = new Map<string, number>()
  const add = (term: string, score: number) => {
    const key = term.endsWith('s') && known.has(term.slice(0, -1)) ? term.slice(0, -1) : term
    scores.set(key, (scores.get(key) ?? 0) + score)
  }
  for (const { terms } of sentences) {
    for (const term of terms) add(term, 1)
    for (const term of new Set(terms)) add(term, 0.5)
  }
  return [...scores]
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .slice(0, count)
    .map(([term]) => term)
}

/** PageRank over sentences that share words; a sentence without like ones keeps the least rank. */
function ranksOf(sentences: readonly Sentence[], signal?: AbortSignal): readonly number[] {
  const vocabularies = sentences.map(({ terms }) => new Set(terms))
  const links = vocabularies.map((own, from) => {
    signal?.throwIfAborted()
    return vocabularies.map((other, to) => (from === to ? 0 : likeness(own, other)))
  })
  const sums = links.map((row) => row.reduce((sum, weight) => sum + weight, 0))
  let ranks = sentences.map(() => 1)
  for (let round = 0; round < ROUNDS; round += 1) {
    signal?.throwIfAborted()
    const before = ranks
    ranks = sentences.map((_, to) => {
      const gained = links.reduce((sum, row, from) => sum + ((row[to] ?? 0) / (sums[from] || 1)) * (before[from] ?? 0), 0)
      return 1 - DAMPING + DAMPING * gained
    })
  }
  return ranks
}

function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size < 2 || b.size < 2) return 0
  return a.intersection(b).size / (Math.log(a.size) + Math.log(b.size))
}
