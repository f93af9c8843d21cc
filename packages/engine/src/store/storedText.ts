/** Stands before the four digits of a character that databases do not keep. */
const ESCAPE = '\u001a'

/**
 * Text as a database can keep it: UTF-8 has no halves of surrogate pairs, and some databases no NUL.
 *
 * Two texts that differ stay different; nearly all text stays as it is.
 */
export function storedText(text: string): string {
  if (text.isWellFormed() && !text.includes('\0') && !text.includes(ESCAPE)) return text
  let stored = ''
  // Walking by code point leaves only the halves that stand alone.
  for (const character of text) stored += isKept(character) ? character : ESCAPE + character.charCodeAt(0).toString(16).padStart(4, '0')
  return stored
}

/** Reads what `storedText` wrote. */
export function givenText(stored: string): string {
  const [first = '', ...escaped] = stored.split(ESCAPE)
  return escaped.reduce((text, part) => text + String.fromCharCode(Number.parseInt(part.slice(0, 4), 16)) + part.slice(4), first)
}

function isKept(character: string): boolean {
  return character !== '\0' && character !== ESCAPE && character.isWellFormed()
}
