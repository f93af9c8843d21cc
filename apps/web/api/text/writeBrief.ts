import { type Sentence, sentencesOf } from './sentence.ts'
import { keywordsOf, summarize } from './summarize.ts'

/** One section of a briefing. */
export interface BriefSection {
  readonly heading: string
  /** Markdown. */
  readonly body: string
}

/** Writes a briefing about a text in `BRIEF_SECTIONS` sections: each is worked out when it is asked for. */
export function* writeBrief(text: string, signal?: AbortSignal): Generator<BriefSection, void, void> {
  const sentences = sentencesOf(text)
  yield {
    heading: 'In one sentence',
    body: summarize(text, 1, signal)
      .sentences.map(({ text: said }) => said)
      .join(' '),
  }
  yield { heading: 'What matters', body: bullets(summarize(text, 5, signal).sentences.map(({ text: said }) => said)) }
  const names = namesOf(sentences)
  const terms = keywordsOf(sentences, 6)
  yield { heading: 'Names and terms', body: bullets([...names.map((name) => `**${name}**`), ...terms].slice(0, 9)) }
  const figures = sentences.filter(({ text: said }) => /\d/.test(said)).slice(0, 4)
  yield {
    heading: 'Figures',
    body: figures.length === 0 ? 'The text gives no figures.' : bullets(figures.map(({ text: said }) => said)),
  }
  yield { heading: 'Questions to ask', body: bullets(questionsOn(names, terms)) }
}

/** Capitalised words that do not only stand at the beginning of a sentence, the most frequent first; a part of a longer name is not told. */
function namesOf(sentences: readonly Sentence[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { text } of sentences) {
    for (const [name] of text.slice(1).matchAll(/(?<=\s)\p{Lu}[\p{L}’'-]+(?:\s(?:of\s)?\p{Lu}[\p{L}’'-]+)*/gu))
      counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const names = [...counts].sort(([, x], [, y]) => y - x).map(([name]) => name)
  return names.filter((name) => !names.some((other) => other !== name && other.includes(name))).slice(0, 5)
}

function questionsOn(names: readonly string[], terms: readonly string[]): readonly string[] {
  const [first = 'this', second = first, third = second] = terms
  const [who = 'those concerned'] = names
  return [
    `What would be different without ${first}?`,
    `How do ${second} and ${third} depend on each other?`,
    `Who besides ${who} has to agree?`,
  ]
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n')
}
