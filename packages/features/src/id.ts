import { RegistryError } from './registryError.ts'
import { shown } from './shown.ts'

/** Throws unless the id is a word that is safe as a key, in a URL and on the wire. */
export function checkId(kind: 'feature' | 'plan', id: string): void {
  if (!/^[A-Za-z0-9_-]+$/.test(id)) {
    throw new RegistryError(`${shown(id)} is no ${kind} id: use letters, digits, _ and - only, as in 'image_gen'`)
  }
  // A plain object answers these with something of its own: `access.features['constructor']` would look like a feature.
  if (id in Object.prototype) {
    throw new RegistryError(`${shown(id)} is no ${kind} id, because every JavaScript object has a property of that name: choose another`)
  }
}

/** The entries of a record that somebody wrote by hand; throws on what is no record, or carries hidden keys. */
export function entriesOf(what: string, record: unknown): readonly (readonly [string, unknown])[] {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new RegistryError(`${what} is ${shown(record)}: write an object with ids as its keys`)
  }
  const prototype: unknown = Object.getPrototypeOf(record)
  // `{ __proto__: … }` in a literal sets the prototype and makes no key: the entry would vanish without a word.
  if (prototype !== Object.prototype && prototype !== null) {
    throw new RegistryError(`${what} is not a plain object: write a literal, without '__proto__' and not an instance of a class`)
  }
  return Object.entries(record)
}
