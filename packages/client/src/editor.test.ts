import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenFile, openInEditor } from './editor.fixture.ts'

let file: OpenFile

beforeAll(async () => {
  file = await openInEditor(join(import.meta.dirname, 'page.fixture.tsx'))
})

afterAll(() => file?.close())

const metering = 'const metering = createMeteringClient<ServedRouter, typeof features>({ features });'
const proxy = 'declare const page: ReturnType<typeof createTRPCOptionsProxy<ServedRouter>>;'
const ids = ['credits', 'image_gen', 'messages', 'sso', 'video_gen']

describe('an editor', () => {
  it('offers the features of the registry, wherever one is named', async () => {
    const places = ["useFeature('|')", "useSuspenseFeature('|')", 'const gate = <Gate feature="|" />', 'useSuspenseCustomer().features.|']
    for (const line of places.map((place) => (place.startsWith('useSuspenseC') ? `${metering} metering.${place}` : place)))
      expect((await file.completions(line)).toSorted(), line).toEqual(ids)
  })

  it('offers options and fields by the kind of the feature', async () => {
    expect(await file.completions("useFeature('messages', { | })")).toEqual(['entity', 'units'])
    expect(await file.completions("useFeature('sso', { | })")).toEqual(['entity'])
    expect(await file.completions("useFeature('messages').|")).toContain('resetsAt')
    expect(await file.completions("useFeature('sso').|")).not.toContain('resetsAt')
  })

  it('offers the procedures of the router', async () => {
    expect(await file.completions(`${proxy} useGate(page.|)`)).toContain('send')
  })

  it('goes from a feature to its line in the registry, and from a procedure to its line in the router', async () => {
    expect(await file.definitions(`${metering} metering.useSuspenseCustomer().features.image|_gen`)).toEqual([
      'access.fixture.ts: image_gen: metered(),',
    ])
    expect(await file.definitions('features.ss|o')).toEqual(['access.fixture.ts: sso: boolean(),'])
    expect(await file.definitions(`${proxy} useGate(page.se|nd)`)).toEqual(['served.fixture.ts: send: t.procedure.mutation(() => {'])
  })
})
