import { strToU8, zipSync } from 'fflate'
import { csvOf } from '../../csv.ts'
import type { Work } from '../studioStore.ts'

/** Packs works into a ZIP: a table of contents as CSV, and each work in a file of its own. */
export function archiveWorks(works: readonly Work[]): Uint8Array {
  const named = works.map((work, index) => ({ work, path: pathOf(work, works.length - index) }))
  const rows = named.map(({ work, path }) => [path, work.kind, work.title, work.madeBy, new Date(work.madeAt).toISOString()])
  const contents = csvOf([['file', 'kind', 'title', 'made by', 'made at'], ...rows])
  const files = named.map(({ work, path }) => [path, strToU8(work.content)] as const)
  return zipSync({ 'contents.csv': strToU8(contents), ...Object.fromEntries(files) })
}

function pathOf(work: Work, position: number): string {
  const slug = work.title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
  const folder = work.kind === 'image' ? 'images' : 'texts'
  return `${folder}/${String(position).padStart(4, '0')}-${slug || 'untitled'}.${work.kind === 'image' ? 'svg' : 'md'}`
}
