import { fileURLToPath } from 'node:url'

/** The path that a `file:` URL names: a real URL after `file://`, anything else taken as it stands. */
export function filePathOf(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url)
  const path = url.slice('file:'.length)
  if (path === '' || path === ':memory:') throw new TypeError(`'${url}' names no file: write file:usage.db, or memory: to keep nothing`)
  return path
}
