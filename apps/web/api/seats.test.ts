import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessOf, openEngine } from '@tollgate/engine'
import { expect, it } from 'vitest'
import { features, plans } from '../catalog.ts'
import { freeSeat, reconcileSeats } from './seats.ts'
import { openStudioStore } from './studioStore.ts'

it('makes the seats that are taken equal to the members that there are, however often it runs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seats-'))
  const store = openStudioStore(folder)
  const engine = await openEngine({ features, plans, url: 'memory:' })
  const seats = async () => {
    const customer = await engine.customer('lighthouse')
    return customer && accessOf(engine.catalog, customer, null, engine.now()).features['seats']
  }

  await reconcileSeats(engine, store)
  await reconcileSeats(engine, store)
  expect(await seats()).toMatchObject({ used: 2, remaining: 1 })
  await freeSeat(engine, 'lighthouse')
  expect(await seats()).toMatchObject({ used: 1, remaining: 2 })
  await reconcileSeats(engine, store)
  expect(await seats()).toMatchObject({ used: 2, remaining: 1 })

  await engine.close()
  store.close()
  rmSync(folder, { recursive: true, force: true })
})
