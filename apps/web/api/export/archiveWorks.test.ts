import { strFromU8, unzipSync } from 'fflate'
import { expect, it } from 'vitest'
import type { Work } from '../studioStore.ts'
import { archiveWorks } from './archiveWorks.ts'

const work = { orgId: 'lighthouse', madeBy: 'Ada', madeAt: Date.UTC(2026, 0, 2) }
const works: readonly Work[] = [
  { ...work, id: '2', kind: 'brief', title: 'Über "alles", oder?', content: '## One' },
  { ...work, id: '1', kind: 'image', title: '../../etc/passwd', content: '<svg/>' },
]

it('packs each work into a file of its own, numbered by age, and tells them all in a table', () => {
  const files = unzipSync(archiveWorks(works))
  expect(Object.keys(files)).toEqual(['contents.csv', 'texts/0002-über-alles-oder.md', 'images/0001-etc-passwd.svg'])
  expect(strFromU8(files['images/0001-etc-passwd.svg'] ?? new Uint8Array())).toBe('<svg/>')
  expect(strFromU8(files['contents.csv'] ?? new Uint8Array()).split('\r\n')[1]).toBe(
    'texts/0002-über-alles-oder.md,brief,"Über ""alles"", oder?",Ada,2026-01-02T00:00:00.000Z',
  )
})
