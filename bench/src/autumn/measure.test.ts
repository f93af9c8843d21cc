import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type Measurement, measureAll } from './measure.ts'
import { startRemoteServer } from './remoteServer.ts'
import { tableOf } from './report.ts'

it('finds that a check before and a track after let calls at once share the last units, and that nothing else here does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'))
  const server = await startRemoteServer('memory:')
  onTestFinished(async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  })
  const effort = { rounds: 1, calls: 8, inFlight: 2, workMs: 0 }
  const progress: string[] = []
  const measurements = await measureAll(server, folder, 1, effort, (doing) => progress.push(doing))

  const by = (field: keyof Measurement) => Object.fromEntries(measurements.map((each) => [each.contender, each[field]]))
  expect(by('through')).toEqual({
    'by hand: check, track': expect.toSatisfy((through: number) => through > 10),
    'by hand: lock, finalize': 10,
    'metered, awaited': 10,
    'metered, background': 10,
    'metered, leased': 10,
    'metered, embedded': 10,
  })
  expect(by('roundTripsPerCall')).toEqual({
    'by hand: check, track': 2,
    'by hand: lock, finalize': 2,
    'metered, awaited': 2,
    'metered, background': 2,
    'metered, leased': 0,
    'metered, embedded': 0,
  })
  for (const { p50Ms, p99Ms } of measurements) expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
  expect(progress).toHaveLength(12)
  expect(tableOf(measurements)).toMatch(/metered, leased +[\d.]+ +[\d.]+ +0\.00 +10\n/)
})
