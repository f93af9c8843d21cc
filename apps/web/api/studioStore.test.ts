import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStudioStore, type StudioStore, type Work } from './studioStore.ts'

let folder: string
let store: StudioStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'studio-store-'))
  store = openStudioStore(folder)
})

afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const picture = (orgId: string, id: string): Work => {
  return { id, orgId, kind: 'image', title: id, content: '<svg/>', madeBy: 'Ada', madeAt: Number(id) }
}

it('begins with the people of the demo, and does so once', () => {
  expect(store.membershipsOf('ada').map(({ orgId, role }) => [orgId, role])).toEqual([
    ['lighthouse', 'owner'],
    ['ferry', 'member'],
  ])
  store.removeMember('lighthouse', 'bo')
  store.close()
  store = openStudioStore(folder)
  expect(store.membersOf('lighthouse').map(({ id }) => id)).toEqual(['ada'])
})

it('knows a person by their address, in every organisation', () => {
  expect(store.addMember('lighthouse', { id: 'x', name: 'Cleo M.', email: 'cleo@ferry.example' })).toBe(true)
  expect(store.membersOf('lighthouse').map(({ id }) => id)).toEqual(['ada', 'bo', 'cleo'])
  expect(store.addMember('lighthouse', { id: 'y', name: 'Cleo', email: 'cleo@ferry.example' })).toBe(false)
})

it('removes members but no owner, and forgets who is in no organisation any more', () => {
  expect(store.removeMember('lighthouse', 'ada')).toBe(false)
  expect(store.removeMember('lighthouse', 'nobody')).toBe(false)
  store.addMember('tidepool', { id: 'dee', name: 'Dee', email: 'dee@tidepool.example' })
  expect(store.removeMember('tidepool', 'dee')).toBe(true)
  expect(store.person('dee')).toBeNull()
  expect(store.removeMember('lighthouse', 'bo')).toBe(true)
  expect(store.person('bo')).not.toBeNull()
})

it('gives a work to its organisation alone, the newest first', () => {
  store.addWorks([picture('lighthouse', '1'), picture('lighthouse', '2'), picture('ferry', '3')])
  expect(store.worksOf('lighthouse', ['image'], 10).map(({ id }) => id)).toEqual(['2', '1'])
  expect(store.worksOf('lighthouse', ['brief'], 10)).toEqual([])
  expect(store.work('lighthouse', '1')?.title).toBe('1')
  expect(store.work('ferry', '1')).toBeNull()
})

it('keeps all works of a call or none', () => {
  expect(() => store.addWorks([picture('lighthouse', '1'), picture('nowhere', '2')])).toThrow()
  expect(store.worksOf('lighthouse', ['image'], 10)).toEqual([])
})
