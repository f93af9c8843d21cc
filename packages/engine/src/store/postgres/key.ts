import { createHash } from 'node:crypto'
import { givenText, storedText } from '../storedText.ts'

/** Longer ids are stored under a digest: what an index holds must be short. */
const LONGEST_KEY = 200
/** Starts no stored text. */
const DIGEST = '\u001a#'

/** The text under which an id is stored, nearly always the id itself. Different ids have different keys. */
export function keyOf(id: string): string {
  const stored = storedText(id)
  return stored.length <= LONGEST_KEY ? stored : DIGEST + createHash('sha256').update(stored).digest('base64url')
}

/** The id that a key was made from; null when the key does not tell. */
export function idOfKey(key: string): string | null {
  return key.startsWith(DIGEST) ? null : givenText(key)
}
