import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { CustomerState } from '../core/customer.ts'
import type { Entry } from '../core/entry.ts'
import { openEngine } from '../openEngine.ts'
import { openStore } from '../store/openStore.ts'
import type { Store } from '../store/store.ts'
import { verify } from '../verify.ts'
import { busyFeatures, busyPlans } from './busyRegistry.fixture.ts'

/** Processes that start many times over compile their modules once. The cache is where Node.js puts it by itself. */
export const FAST_START = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') }

/** The longest that a process lives after it opened the store, in ms. */
const LIFE_MS = 160

/**
 * Kills busy processes on one store, time and again, and checks what is left: all that was acknowledged, each thing once, every hold back
 * after its time, and a ledger that adds up.
 */
export async function surviveKills(url: string, kills: number): Promise<void> {
  const acknowledged: string[] = []
  const ledger: Ledger = { happened: new Map(), entries: 0, cursor: null, counted: 0 }
  for (let kill = 1; kill <= kills; kill++) {
    acknowledged.push(...(await killedAfter(url, Math.random() * LIFE_MS)))
    // Every other process finds what the one before left when it was killed. In between a store is opened and closed.
    if (kill % 2 === 1) continue
    const store = await openStore(url, Date.now)
    await readOn(store, ledger)
    await store.close()
    for (const line of acknowledged) expect(ledger.happened.get(line) ?? 0, `${line}, after kill ${kill}`).toBe(1)
    acknowledged.length = 0
  }
  expect([...ledger.happened.values()].every((times) => times === 1)).toBe(true)
  expect(ledger.entries).toBeGreaterThan(kills)

  const late = await openEngine({ features: busyFeatures, plans: busyPlans, url, clock: () => Date.now() + 3_600_000 })
  const { items: customers } = await late.customers({ limit: 100 })
  for (const customer of customers) expect(heldBy(customer)).toBe(0n)
  await late.close()

  const store = await openStore(url, Date.now)
  expect(await verify(store)).toEqual({ customers: customers.length, entries: ledger.entries, faults: [] })
  await store.close()
}

/** Runs a busy process until it is killed; answers what it had acknowledged. */
async function killedAfter(url: string, lifeMs: number): Promise<readonly string[]> {
  const program = join(import.meta.dirname, 'busyProcess.fixture.ts')
  const busy = spawn(process.execPath, ['--conditions=@tollgate/source', program, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: FAST_START,
  })
  const ended = once(busy, 'close')
  const lines: string[] = []
  const reader = createInterface(busy.stdout)
  reader.on('line', (line) => lines.push(line))
  await once(reader, 'line')
  await pause(lifeMs)
  busy.kill('SIGKILL')
  await ended
  return lines.filter((line) => line !== 'open')
}

/** What the ledger says happened, and how often. */
interface Ledger {
  readonly happened: Map<string, number>
  entries: number
  /** Where to read on. */
  cursor: string | null
  /** How many entries after the cursor are counted already. */
  counted: number
}

async function readOn(store: Store, ledger: Ledger): Promise<void> {
  for (;;) {
    const page = await store.entries({ order: 'oldest', limit: 500, ...(ledger.cursor === null ? {} : { cursor: ledger.cursor }) })
    const fresh = page.items.slice(ledger.counted)
    for (const fact of fresh.flatMap(factsOf)) ledger.happened.set(fact, (ledger.happened.get(fact) ?? 0) + 1)
    ledger.entries += fresh.length
    ledger.counted = page.items.length
    if (page.nextCursor === null) return
    ledger.cursor = page.nextCursor
    ledger.counted = 0
  }
}

/** What an entry records, in the words of the busy process. */
function factsOf({ customerId, operationId, changes }: Entry): readonly string[] {
  return changes.flatMap((change) => {
    switch (change.kind) {
      case 'used':
        return [`used ${customerId} ${operationId}`]
      case 'held':
        return [`held ${customerId} ${change.hold.id}`]
      case 'settled':
        return change.settlement.outcome === 'committed'
          ? [`committed ${customerId} ${operationId}`]
          : [`${change.settlement.outcome} ${customerId} ${change.settlement.holdId}`]
      default:
        return []
    }
  })
}

function heldBy({ grants, holds }: CustomerState): bigint {
  return grants.reduce((sum, grant) => sum + grant.held, BigInt(holds.length))
}
