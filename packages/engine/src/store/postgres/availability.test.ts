import pg from 'pg'
import { expect, it } from 'vitest'
import { StoreUnavailableError } from '../store.ts'
import { createAvailability } from './availability.ts'
import { ConnectionLostError } from './fault.ts'

const PLACE = 'PostgreSQL at example'

/** An error as the server sends it. */
function refusal(code: string): Error {
  return Object.assign(new pg.DatabaseError('refused', 0, 'error'), { code })
}

/** A task that fails with each of the errors, then answers how often it was run. */
function failing(...errors: readonly Error[]): () => Promise<number> {
  let runs = 0
  return async () => {
    const error = errors[runs++]
    if (error !== undefined) throw error
    return runs
  }
}

it.each(['40001', '40P01', '23505'])('runs a task again after a conflict: %s', async (code) => {
  const availability = createAvailability(PLACE, 0)
  await expect(availability.run(failing(refusal(code), refusal(code)))).resolves.toBe(3)
})

it('runs a task again on another connection while patience lasts', async () => {
  const lost = new ConnectionLostError('gone')
  await expect(createAvailability(PLACE, 10_000).run(failing(lost, refusal('57P01'), refusal('08006')))).resolves.toBe(4)
  await expect(createAvailability(PLACE, 0).run(failing(lost))).rejects.toMatchObject({ outcome: 'nothing_happened', cause: lost })
})

it('tells what the server refuses, where, and passes on what is none of its errors', async () => {
  const availability = createAvailability(PLACE, 10_000)
  await expect(availability.run(failing(refusal('42501')))).rejects.toThrow(`${PLACE} does not answer (refused): nothing was changed`)
  const mistake = new TypeError('a mistake')
  await expect(availability.run(failing(mistake))).rejects.toBe(mistake)
})

it('says when a task may have taken effect', async () => {
  const run = createAvailability(PLACE, 0).run(failing(new ConnectionLostError('gone')), () => true)
  await expect(run).rejects.toMatchObject({ name: 'StoreUnavailableError', outcome: 'unknown' })
})

it('lets those who come right after a failure share it, and hears from the first that is answered again', async () => {
  const availability = createAvailability(PLACE, 0)
  await expect(availability.run(failing(new ConnectionLostError('gone')))).rejects.toBeInstanceOf(StoreUnavailableError)
  let asked = 0
  const task = async (): Promise<number> => ++asked
  await expect(availability.run(task)).rejects.toBeInstanceOf(StoreUnavailableError)
  expect(asked).toBe(0)
  await expect.poll(() => availability.run(task).catch(() => 0), { interval: 20 }).toBe(1)
  await expect(availability.run(task)).resolves.toBe(2)
})
