import { storedText } from '../storedText.ts'

/** What a search looks through: texts in lower case, with a mark between them that none of them contains. */
export function searchable(...texts: readonly (string | null)[]): string {
  return texts.map((text) => searchedText(text ?? '')).join('\u001f')
}

/** A text as a search compares it. */
export function searchedText(text: string): string {
  return storedText(text.toLowerCase().replaceAll('\u001f', ' '))
}
