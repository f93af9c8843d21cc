import { randomUUID } from 'node:crypto'
import type { NamedStatement } from '@tollgate/engine/postgres'
import type { Connections } from './connect.ts'

/** How long a process counts as alive after it has said so. */
const ALIVE_MS = 30_000

/** Three times within that. */
const BEAT_EVERY_MS = 10_000

const BEAT: NamedStatement = {
  name: 'outbox_beat',
  text: `INSERT INTO tollgate_outbox.owners (id, alive_until) VALUES ($1, $2)
    ON CONFLICT (id) DO UPDATE SET alive_until = greatest(owners.alive_until, excluded.alive_until)`,
}

const LEAVE: NamedStatement = { name: 'outbox_leave', text: 'DELETE FROM tollgate_outbox.owners WHERE id = $1' }

/** This process in the eyes of the others: it says that it lives, for as long as it does. */
export interface Owner {
  readonly id: string
  /** Resolves once the others know of it; from then on it says so again and again. */
  enter(): Promise<void>
  /** Since when the others take it for alive without a break; infinite while they do not. */
  aliveSince(): number
  leave(): Promise<void>
}

export function createOwner({ relaxed }: Connections, clock: () => number): Owner {
  const id = randomUUID()
  let aliveSince = 0
  let aliveUntil = 0
  let timer: NodeJS.Timeout | null = null
  let beating: Promise<void> | null = null

  const beatOnce = async (): Promise<void> => {
    const now = clock()
    await relaxed(BEAT, id, now + ALIVE_MS)
    if (now >= aliveUntil) aliveSince = now
    aliveUntil = Math.max(aliveUntil, now + ALIVE_MS)
  }

  const beat = (): Promise<void> => {
    beating ??= beatOnce().finally(() => {
      beating = null
    })
    return beating
  }

  return {
    id,
    async enter() {
      if (clock() >= aliveUntil) await beat()
      // A beat that fails is made up for by the next one, or by whoever enters.
      timer ??= setInterval(() => void beat().catch(() => undefined), BEAT_EVERY_MS).unref()
    },
    aliveSince: () => (clock() < aliveUntil ? aliveSince : Number.POSITIVE_INFINITY),
    async leave() {
      if (timer === null) return
      clearInterval(timer)
      // The others find out by themselves, a little later.
      await relaxed(LEAVE, id).catch(() => undefined)
    },
  }
}
