import type { ApiCall } from '../../inputs.ts'
import { mix, paletteOf } from '../render/palette.ts'
import { sentencesOf, wordsOf } from '../text/sentence.ts'

/** What the playground's endpoints answer. */
export type ApiAnswer =
  | { readonly endpoint: 'palette'; readonly colors: readonly string[]; readonly ramp: readonly string[] }
  | {
      readonly endpoint: 'readability'
      readonly words: number
      readonly sentences: number
      readonly wordsPerSentence: number
      /** Flesch reading ease: 100 is very easy, 0 very hard. */
      readonly readingEase: number
      readonly readingSeconds: number
    }
  | { readonly endpoint: 'contrast'; readonly ratio: number; readonly passes: readonly ('AA large' | 'AA' | 'AAA')[] }

/** Does what one call of the playground asks for. */
export function answerCall(call: ApiCall): ApiAnswer {
  switch (call.endpoint) {
    case 'palette': {
      const { sky, ink, paper, accents } = paletteOf(call.text)
      const ramp = Array.from({ length: 7 }, (_, index) => mix(ink, paper, index / 6))
      return { endpoint: call.endpoint, colors: [ink, ...sky, ...accents, paper], ramp }
    }
    case 'readability':
      return { endpoint: call.endpoint, ...readabilityOf(call.text) }
    case 'contrast':
      return { endpoint: call.endpoint, ...contrastOf(call.foreground, call.background) }
  }
}

const WORDS_PER_MINUTE = 238

function readabilityOf(text: string) {
  const words = wordsOf(text)
  const sentences = Math.max(1, sentencesOf(text).length)
  const count = Math.max(1, words.length)
  const syllables = words.reduce((sum, word) => sum + syllablesOf(word), 0)
  return {
    words: words.length,
    sentences,
    wordsPerSentence: rounded(words.length / sentences, 1),
    readingEase: rounded(206.835 - 1.015 * (count / sentences) - 84.6 * (syllables / count), 1),
    readingSeconds: Math.ceil((words.length / WORDS_PER_MINUTE) * 60),
  }
}

/** Groups of vowels, without a silent e: near enough for English. */
function syllablesOf(word: string): number {
  return Math.max(
    1,
    (
      word
        .toLowerCase()
        .replace(/e$/, '')
        .match(/[aeiouy]+/g) ?? []
    ).length,
  )
}

function contrastOf(foreground: string, background: string) {
  const [high = 0, low = 0] = [luminanceOf(foreground), luminanceOf(background)].sort((a, b) => b - a)
  const ratio = (high + 0.05) / (low + 0.05)
  const passes = [ratio >= 3 && ('AA large' as const), ratio >= 4.5 && ('AA' as const), ratio >= 7 && ('AAA' as const)]
  return { ratio: rounded(ratio, 2), passes: passes.filter((level) => level !== false) }
}

/** Relative luminance, as WCAG 2 defines it. */
function luminanceOf(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const share = Number.parseInt(hex.slice(start, start + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function rounded(value: number, places: number): number {
  return Number(value.toFixed(places))
}
